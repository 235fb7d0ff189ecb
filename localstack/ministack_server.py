"""Runs MiniStack on an inherited socket, with the changes of ministack_patches.py.

This file only settles where it listens and what it hands out as its address; it never knows anything of a service.
"""

import argparse
import asyncio
import os


def settle_environment():
    """What MiniStack reads when it is imported: addresses that it hands out, and listeners that we don't want."""
    folder = os.path.join(os.getcwd(), "files")
    os.environ.update({
        # Addresses in its answers (queue URLs, upload URLs) must lead to the gateway.
        "GATEWAY_PORT": os.environ.get("PORT_OF_GATEWAY", "4566"),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": "000000000000",
        # The only credentials it knows are made up: nobody's own reach it.
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # Fixed extra ports would collide with a second local cloud.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "S3_DATA_DIR": os.path.join(folder, "s3"),
        "STATE_DIR": os.path.join(folder, "state"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    })


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--mark", help="ignored; tells this process from others in the list of processes")
    arguments = parser.parse_args()
    settle_environment()
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    import ministack_caches
    import ministack_connect
    import ministack_costs
    import ministack_databases
    import ministack_events
    import ministack_edge
    import ministack_load_balancers
    import ministack_logs
    import ministack_metrics
    import ministack_networks
    import ministack_patches
    import ministack_permissions
    import ministack_secrets
    import ministack_services
    import ministack_tags
    import ministack_topics
    import origins

    ministack_patches.install()
    ministack_caches.install()
    ministack_connect.install()
    ministack_costs.install()
    ministack_databases.install()
    ministack_events.install()
    ministack_edge.install()
    ministack_load_balancers.install()
    ministack_logs.install()
    ministack_metrics.install()
    ministack_networks.install()
    ministack_secrets.install()
    ministack_services.install()
    ministack_tags.install()
    ministack_topics.install()
    if os.environ.get("AUTH") == "true":
        ministack_permissions.install()
    config = Config()
    config.bind = [f"fd://{arguments.listen}"]
    # Longer than the gateway keeps an idle connection, so that it is always the gateway that closes.
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    asyncio.run(serve(origins.asgi(app), config))


if __name__ == "__main__":
    main()
