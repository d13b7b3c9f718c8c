"""How a rule is declared, and the personas of rules.

They are OpenStack's: an admin sees the whole cloud; a manager, a member and
a reader work in their project. Each implies the next.
"""

from oslo_policy import policy

ADMIN = "rule:admin_api"
MANAGER = "rule:admin_api or rule:project_manager"
MEMBER = "rule:admin_api or rule:project_member"
READER = "rule:admin_api or rule:project_reader"
ANYONE = "@"
NOBODY = "!"

rules = [
    policy.RuleDefault(
        "admin_api", "role:admin", description="Administrator of the cloud."
    ),
    policy.RuleDefault(
        "project_manager",
        "role:manager and project_id:%(project_id)s",
        description="Manager of a project.",
    ),
    policy.RuleDefault(
        "project_member",
        "role:member and project_id:%(project_id)s",
        description="Member of a project.",
    ),
    policy.RuleDefault(
        "project_reader",
        "role:reader and project_id:%(project_id)s",
        description="Reader of a project.",
    ),
]


def rule(
    name: str, check: str, description: str, *operations: str
) -> policy.DocumentedRuleDefault:
    """Declare one documented rule; an operation is 'METHOD /path'."""
    return policy.DocumentedRuleDefault(
        name=name,
        check_str=check,
        description=description,
        operations=[_operation(operation) for operation in operations],
        scope_types=["project"],
    )


def _operation(text: str) -> policy.Operation:
    method, _, path = text.partition(" ")
    return {"method": method, "path": path}
