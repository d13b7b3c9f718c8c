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
    *(
        policy.RuleDefault(
            f"project_{role}",
            f"role:{role} and project_id:%(project_id)s",
            description=f"{role.title()} of a project.",
        )
        for role in ("manager", "member", "reader")
    ),
]


class Rules(list[policy.RuleDefault]):
    """The documented rules of a noun."""

    def add(
        self, name: str, check: str, description: str, *operations: str
    ) -> str:
        """Declare a rule, and return its name.

        An operation is 'METHOD /path'.
        """
        self.append(
            policy.DocumentedRuleDefault(
                name=name,
                check_str=check,
                description=description,
                operations=[_operation(operation) for operation in operations],
                scope_types=["project"],
            )
        )
        return name

    def add_scoped(
        self,
        name: str,
        check: str,
        description: str,
        description_of_all: str,
        *operations: str,
    ) -> tuple[str, str]:
        """Declare a rule for the caller's project, and one for every project.

        The second is called ``<name>_all``. Administrators pass it. Returns
        both names.
        """
        return (
            self.add(name, check, description, *operations),
            self.add(f"{name}_all", ADMIN, description_of_all, *operations),
        )


def _operation(text: str) -> policy.Operation:
    method, _, path = text.partition(" ")
    return {"method": method, "path": path}
