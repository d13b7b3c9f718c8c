#!/usr/bin/env bash
# The devstack plugin "concertim-api": what happens when. devstack sources this
# once for each phase of stack.sh, and from unstack.sh and clean.sh.

# shellcheck source=devstack/lib/notifications
source "$CONCERTIM_DIR/devstack/lib/notifications"
# shellcheck source=devstack/lib/concertim
source "$CONCERTIM_DIR/devstack/lib/concertim"

case "$1 ${2:-}" in
    "stack pre-install")
        check_concertim_host
        ;;
    "stack install")
        echo_summary "Installing concertim"
        install_concertim
        # Keystone alone starts before the next phase.
        notify_of_keystone
        ;;
    "stack post-config")
        echo_summary "Configuring concertim"
        notify_of_services
        let_heat_list_all_stacks
        create_concertim_accounts
        configure_concertim
        init_concertim
        ;;
    "stack extra")
        echo_summary "Starting concertim"
        start_concertim
        ;;
    "stack test-config")
        check_concertim
        ;;
    "unstack ")
        stop_concertim
        ;;
    "clean ")
        cleanup_concertim
        ;;
esac
