"""Play some minutes in the life of a small HPC site on the mini cloud.

Three projects (CM_astro, CM_genomics, CM_weather) run four clusters and some
servers and volumes beside them: they grow, shrink, fail, move and go.
"""

import argparse
import json
import time

import listings
import stage
from stage import say

#: name, vcpus, MiB of memory, GiB of disk, extra specs
FLAVORS = (
    ("hpc.login", 2, 8192, 40, {"hpc:role": "login"}),
    ("hpc.c4", 4, 16384, 40, {"hpc:role": "compute"}),
    ("hpc.c8", 8, 32768, 40, {"hpc:role": "compute"}),
    ("hpc.mem", 8, 262144, 40, {"hpc:role": "compute"}),
    (
        "hpc.gpu",
        16,
        131072,
        100,
        {"hpc:role": "compute", "hpc:accelerator": "gpu:2"},
    ),
    # No host has that much memory: who asks for it gets an error.
    ("hpc.impossible", 8, 100_000_000, 20, {}),
)

#: project -> its user
PEOPLE = {"CM_astro": "ada", "CM_genomics": "gregor", "CM_weather": "lewis"}

#: project, its cluster, what the cluster is made of
CLUSTERS = (
    ("CM_astro", "astro-cluster-1", {"compute_count": 6}),
    (
        "CM_astro",
        "astro-cluster-2",
        {
            "compute_count": 4,
            "compute_flavor": "hpc.gpu",
            "cidr": "10.0.1.0/24",
        },
    ),
    (
        "CM_genomics",
        "genomics-cluster-1",
        {"compute_count": 5, "compute_flavor": "hpc.mem", "scratch_gb": 200},
    ),
    (
        "CM_weather",
        "weather-cluster-1",
        {
            "compute_count": 8,
            "compute_flavor": "hpc.c8",
            "scratch_type": "hdd",
        },
    ),
)


def open_site(admin):
    """Return the projects, with a catalogue of flavors and an image."""
    for name, vcpus, ram, disk, specs in FLAVORS:
        flavor = admin.compute.create_flavor(
            name=name, vcpus=vcpus, ram=ram, disk=disk
        )
        if specs:
            admin.compute.create_flavor_extra_specs(flavor, specs)
    stage.upload_image(admin)
    people = {
        "CM_astro": "ada",
        "CM_genomics": "gregor",
        "CM_weather": "lewis",
    }
    return {
        project: stage.Member(admin, project, user)
        for project, user in people.items()
    }


def build_clusters(members):
    stacks = {
        name: (members[project], members[project].create_cluster(name, **made))
        for project, name, made in CLUSTERS
    }
    for name, (member, stack) in stacks.items():
        member.await_stack(stack)
        say(f"{member.name}: {name} is complete")
    return {name: stack for name, (_, stack) in stacks.items()}


def build_lab(member, cidr):
    """Return the networks argument for servers beside the clusters."""
    network = member.network.create_network(name="lab")
    member.network.create_subnet(
        name="lab", network_id=network.id, ip_version=4, cidr=cidr
    )
    say(f"{member.name}: network lab")
    return [{"uuid": network.id}]


def live_as_servers(admin, member):
    """Take servers through most of what can happen to one."""
    lab = build_lab(member, "10.1.0.0/24")
    names = ("workbench", "portal", "build", "archive", "notebook")
    asked = [member.boot(name, "hpc.login", lab) for name in names]
    bench, portal, build, archive, notebook = map(member.await_server, asked)
    say(f"{member.name}: {len(names)} servers")
    big = member.compute.find_flavor("hpc.c8").id

    member.act("resize_server", bench, "VERIFY_RESIZE", big)
    member.act("stop_server", portal, "SHUTOFF")
    member.act("pause_server", notebook, "PAUSED")
    member.act("shelve_server", archive, "SHELVED_OFFLOADED")
    member.act("resize_server", build, "VERIFY_RESIZE", big)
    member.act("confirm_server_resize", bench, "ACTIVE")
    member.act("revert_server_resize", build, "ACTIVE")
    member.act("start_server", portal, "ACTIVE")
    member.act("unpause_server", notebook, "ACTIVE")
    member.act("suspend_server", notebook, "SUSPENDED")
    member.act("unshelve_server", archive, "ACTIVE")
    member.act("resume_server", notebook, "ACTIVE")
    member.act("rebuild_server", build, "ACTIVE", image=build.image.id)
    member.act("reboot_server", build, "ACTIVE", "HARD")
    member.act("lock_server", portal, "ACTIVE")

    member.compute.update_server(bench.id, name="workbench-renamed")
    member.compute.set_server_metadata(bench.id, cost_centre="CC-1742")
    say(f"{member.name}: renamed workbench, with a cost centre")
    image = member.compute.create_server_image(portal.id, "portal-saved")
    member.cloud.image.wait_for_status(
        member.cloud.image.get_image(image.id),
        "active",
        interval=1,
        wait=60,
    )
    say(f"{member.name}: saved portal as an image")
    migrate(admin, member, notebook)
    member.act("unlock_server", portal, "ACTIVE")
    return bench, portal, build, archive, notebook


def migrate(admin, member, server):
    """Only the administrator may move a server."""
    admin.compute.live_migrate_server(
        server.id, host=None, block_migration="auto"
    )
    time.sleep(3)
    member.await_server(server)
    admin.compute.migrate_server(server.id)
    time.sleep(1)
    member.await_server(server, "VERIFY_RESIZE")
    member.act("confirm_server_resize", server, "ACTIVE")
    say(f"{member.name}: {server.name} was moved twice")


def spread(member):
    """Boot three servers at once, and two that keep apart."""
    lab = build_lab(member, "10.1.0.0/24")
    three = member.boot("ensemble", "hpc.c4", lab, min_count=3, max_count=3)
    group = member.compute.create_server_group(
        name="forecast", policy="anti-affinity"
    )
    apart = [
        member.boot(
            f"forecast-{letter}",
            "hpc.c8",
            lab,
            scheduler_hints={"group": group.id},
        )
        for letter in "ab"
    ]
    for server in (three, *apart):
        member.await_server(server)
    say(f"{member.name}: an ensemble of three, a server group of two")
    return apart


def live_as_volumes(owner, taker, server):
    """Take volumes through what can happen to one; one changes hands."""
    storage = owner.storage
    catalogue = owner.volume("catalogue", 100, "hdd")
    spectra = owner.volume("spectra", 20, "ssd", metadata={"survey": "dr4"})
    scrap = owner.volume("scrap", 10, "hdd")

    storage.extend_volume(catalogue, 150)
    owner.await_volume(catalogue)
    owner.compute.create_volume_attachment(server.id, volume_id=spectra.id)
    owner.await_volume(spectra, "in-use")
    snapshot = storage.create_snapshot(
        volume_id=catalogue.id, name="catalogue-before-dr5"
    )
    owner.await_volume(snapshot)
    say(f"{owner.name}: extended, attached, snapshotted")
    copy = owner.volume("catalogue-copy", 150, "hdd", snapshot_id=snapshot.id)
    storage.retype_volume(copy, "ssd", "on-demand")
    time.sleep(3)
    owner.await_volume(copy)
    owner.compute.delete_volume_attachment(server.id, spectra.id)
    owner.await_volume(spectra)
    say(f"{owner.name}: retyped, detached")
    owner.delete_volume(scrap)
    hand_over(owner, taker, spectra)


def hand_over(owner, taker, volume):
    transfer = owner.storage.create_transfer(
        volume_id=volume.id, name="for-you"
    )
    taker.storage.accept_transfer(transfer.id, transfer.auth_key)
    taker.await_volume(volume)
    say(f"{owner.name}: {volume.name} now belongs to {taker.name}")


def boot_from_volume(member):
    image = member.cloud.image.find_image(stage.IMAGE)
    root = member.volume("pipeline-root", 40, "ssd", image_id=image.id)
    server = member.boot(
        "pipeline",
        "hpc.c4",
        build_lab(member, "10.1.0.0/24"),
        image_id="",
        block_device_mapping=[
            {
                "uuid": root.id,
                "source_type": "volume",
                "destination_type": "volume",
                "boot_index": 0,
                "delete_on_termination": True,
            }
        ],
    )
    say(f"{member.name}: pipeline boots from a volume")
    return member.await_server(server)


def fail(member):
    """Ask for what no host can give."""
    server = member.boot("too-large", "hpc.impossible", "none")
    member.compute.wait_for_server(
        server, status="ERROR", failures=[], interval=1, wait=120
    )
    say(f"{member.name}: too-large ends in ERROR, and stays")
    stack = member.create_cluster(
        "weather-cluster-2", compute_count=1, compute_flavor="hpc.impossible"
    )
    member.stacks.wait_for_status(
        member.stacks.get_stack(stack.id),
        "CREATE_FAILED",
        failures=["CREATE_COMPLETE"],
        interval=2,
        wait=300,
    )
    say(f"{member.name}: weather-cluster-2 fails, and stays")


def come_and_go(admin):
    """A project on trial leaves nothing behind."""
    trial = stage.Member(admin, "CM_trial", "tess")
    server = trial.await_server(trial.boot("tryout", "hpc.c4", "none"))
    volume = trial.volume("tryout", 5, "hdd")
    trial.delete_servers(server)
    trial.delete_volume(volume)
    trial.leave()


def settle(admin):
    """Wait until no server has a task, so that a listing is the truth."""
    while any(
        server.task_state
        for server in admin.compute.servers(all_projects=True)
    ):
        time.sleep(1)
    time.sleep(3)


def play(admin, record):
    """Play it all, and let ``record`` take listings: middle and end."""
    members = open_site(admin)
    astro, genomics, weather = members.values()
    stacks = build_clusters(members)
    bench, portal, build, archive, _ = live_as_servers(admin, astro)
    live_as_volumes(astro, genomics, bench)
    pair = spread(weather)
    pipeline = boot_from_volume(genomics)
    settle(admin)
    record("middle")

    weather.resize_cluster(stacks["weather-cluster-1"], compute_count=10)
    fail(weather)
    come_and_go(admin)
    astro.delete_servers(build, archive)
    genomics.delete_servers(pipeline)
    weather.delete_servers(pair[0])
    astro.delete_cluster(stacks["astro-cluster-2"])
    weather.resize_cluster(stacks["weather-cluster-1"], compute_count=7)
    astro.act("stop_server", portal, "SHUTOFF")
    settle(admin)
    record("end")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--listings",
        metavar="FILE",
        help="write what the cloud's API lists, in the middle and at the end",
    )
    parser.add_argument(
        "--pace",
        metavar="SECONDS",
        type=float,
        default=0,
        help="how long to rest after each step (default: not at all)",
    )
    arguments = parser.parse_args()
    stage.PACE = arguments.pace
    admin = stage.administrator()
    stage.require_fresh(admin)
    taken = {}

    def record(moment):
        taken[moment] = listings.take(admin)
        say(f"listings taken: {moment}")

    play(admin, record)
    if arguments.listings:
        with open(arguments.listings, "w") as file:
            json.dump(taken, file)
    say("done")


if __name__ == "__main__":
    main()
