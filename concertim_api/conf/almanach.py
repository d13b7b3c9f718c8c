"""[almanach]: the dialect of Almanach's clients."""

from __future__ import annotations

from oslo_config import cfg, types

group = cfg.OptGroup("almanach", title="Almanach's dialect")

_answers = [
    cfg.StrOpt(
        "profile",
        default="ours",
        choices=[
            ("ours", "As the ledger has it: no second is told twice."),
            ("almanach", "As Almanach answered, as far as that can be."),
        ],
        help="What the options below are by default. Bills that are made "
        "of the answers change with it.",
    ),
    cfg.StrOpt(
        "server_start",
        choices=["created_at", "launched_at"],
        help="When a server begins: when it was asked for, or when it ran. "
        "ours: launched_at; almanach: created_at, so that the time of "
        "scheduling is billed.",
    ),
    cfg.BoolOpt(
        "inclusive_window",
        help="Whether a list has the entities that only touch its start or "
        "end. ours: no; almanach: yes, so that one that ended with a month is "
        "in the next month's list, too.",
    ),
    cfg.BoolOpt(
        "local_end",
        help="Whether a list without an end ends at the time of the local "
        "clock, taken as UTC. ours: no; almanach: yes.",
    ),
    cfg.IntOpt(
        "volume_existence_threshold",
        min=0,
        max=86400,
        help="Seconds. A volume's last entity that is shorter is left out, "
        "unless it is the only one; and an attachment so soon after the start "
        "of an entity makes no new one. ours: 0; almanach: 60, so that some "
        "time is not billed.",
    ),
    cfg.ListOpt(
        "instance_metadata",
        help="The names of the metadata of servers that are shown; a change "
        "of one makes a new entity. ours: all; almanach: none.",
    ),
    cfg.ListOpt(
        "instance_image_meta",
        help="Which of distro, version and os_type are shown; a change of "
        "one makes a new entity. ours: all; almanach: none.",
    ),
]

_callers = [
    cfg.ListOpt(
        "auth_strategies",
        default=["key"],
        item_type=types.String(choices=["key", "keystone"]),
        help="Who may call: who has a named key (concertim-manage key), who "
        "has a token of Keystone, or both. What a caller may do is the policy "
        "of periods and corrections.",
    ),
    cfg.IntOpt(
        "max_rows",
        default=1_000_000,
        min=1,
        help="Entities in an answer, at most. A list that would have more is "
        "refused with 413. An answer is in a temporary file before it is "
        "sent: about 500 bytes for each.",
    ),
]

opts = [*_answers, *_callers]
