"""Runs moto on an inherited socket, with the changes that it needs beside another emulator.

The changes are in one file for each service: moto_scaling.py, moto_spot_fleet.py, moto_cost_explorer.py.
This file never knows anything of a service but its import.
"""

import argparse
import gc
import os
import re
import sys


def settle_environment():
    """What moto reads when it is imported."""
    os.environ.update({
        # The only credentials it knows are made up: nobody's own reach it.
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    })


def take_account_from_access_key():
    """MiniStack takes an access key of twelve digits as the account; tests use that to keep apart, so moto must as well."""
    from moto.core.responses import BaseResponse

    # The same account as MiniStack's for everybody else, or the ARNs of one cloud would name two owners.
    def account(response):
        found = re.search(r"Credential=(\d{12})/", response.headers.get("Authorization", ""))
        return found.group(1) if found else "000000000000"

    BaseResponse.get_current_account = account


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="file descriptor of the listening socket")
    parser.add_argument("--mark", help="ignored; tells this process from others in the list of processes")
    arguments = parser.parse_args()
    settle_environment()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    import moto_cost_explorer
    import moto_scaling
    import moto_spot_fleet
    import origins

    take_account_from_access_key()
    moto_scaling.install()
    moto_spot_fleet.install()
    moto_cost_explorer.install()
    # A line for each request costs more than the request.
    MotoRequestHandler.log_request = lambda self, code="-", size="-": None
    application = DomainDispatcherApplication(create_backend_app)
    # Made now, so that the first request of a user does not pay for them.
    for service in ("moto_api", "ec2", "applicationautoscaling", "ce"):
        application.app_instances[service] = create_backend_app(service)
    gc.freeze()
    make_server("127.0.0.1", 0, origins.wsgi(application), threaded=True, request_handler=MotoRequestHandler,
                fd=arguments.listen).serve_forever()


if __name__ == "__main__":
    sys.exit(main())
