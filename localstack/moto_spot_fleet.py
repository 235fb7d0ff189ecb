"""Spot fleet requests in moto that remember everything that was asked, and start no instances.

moto's own fleets check images and subnets in moto's store, where this cloud keeps none, drop half of the configuration, and
forget a fleet when it is cancelled. These answer what was sent, and keep cancelled fleets in sight as AWS does.
They never start an instance: what a fleet would run is only counted.
"""

import uuid
from datetime import datetime, timezone

SECONDS_UNTIL_ACTIVE = 0.2
SECONDS_UNTIL_MACHINES_COME = 0.6

GONE = ("cancelled", "cancelled_running", "cancelled_terminating", "failed")


class Fleet:
    def __init__(self, config: dict):
        self.id = f"sfr-{uuid.uuid4()}"
        self.config = config
        self.state = "active"
        self.created = datetime.now(timezone.utc)
        self.history = []
        self.note("submitted")
        self.note("active")
        if self.fails():
            self.note("iamFleetRoleInvalid", "error", EventDescription="The fleet's role may not start machines.")

    def note(self, event: str, kind: str = "fleetRequestChange", **more):
        self.history.append({"EventType": kind, "Timestamp": datetime.now(timezone.utc),
                             "EventInformation": {"EventSubType": event, **more}})

    def seconds(self) -> float:
        return (datetime.now(timezone.utc) - self.created).total_seconds()

    def shown(self) -> str:
        """A request is submitted at first, and active a moment later."""
        return "submitted" if self.state == "active" and self.seconds() < SECONDS_UNTIL_ACTIVE else self.state

    def fails(self) -> bool:
        """No machine comes where the fleet's role may not start one. There are no roles here: its name says so."""
        return self.config.get("IamFleetRole", "").endswith("-that-may-not")

    def waits(self) -> bool:
        """Its machines come after it is active."""
        return self.fails() or self.seconds() < SECONDS_UNTIL_MACHINES_COME

    def activity(self):
        """Nothing is said of a request that is not active."""
        if self.shown() != "active":
            return None
        return "error" if self.fails() else "pending_fulfillment" if self.waits() else "fulfilled"

    def terminated(self) -> bool:
        return self.state in ("cancelled", "cancelled_terminating")

    def instances(self) -> list:
        """Made-up ids, the same ones at every question; one for each unit of capacity."""
        if self.terminated():
            return []
        kinds = [spec.get("InstanceType", "t3.micro") for spec in self.config.get("LaunchSpecifications") or [{}]]
        return [{"InstanceId": f"i-{uuid.uuid5(uuid.NAMESPACE_OID, f'{self.id}/{number}').hex[:17]}",
                 "InstanceType": kinds[number % len(kinds)],
                 "SpotInstanceRequestId": f"sir-{uuid.uuid5(uuid.NAMESPACE_OID, f'{self.id}/r/{number}').hex[:8]}",
                 "InstanceHealth": "healthy"} for number in range(self.config["TargetCapacity"])]


def install():
    replace_calls()


def fleets(response) -> dict:
    """The fleets of this account and region; moto's reset makes a new, empty backend."""
    return response.ec2_backend.spot_fleet_requests


def config_with_defaults(given: dict) -> dict:
    """What AWS answers for what was not given."""
    config = {"AllocationStrategy": "lowestPrice", "ExcessCapacityTerminationPolicy": "default", "Type": "maintain",
              "TerminateInstancesWithExpiration": False, "ReplaceUnhealthyInstances": False, "OnDemandTargetCapacity": 0,
              "InstanceInterruptionBehavior": "terminate", **given}
    config["TargetCapacity"] = int(config.get("TargetCapacity", 0))
    # Tags are answered beside the configuration, from the store that CreateTags and DeleteTags change.
    config.pop("TagSpecifications", None)
    return config


def describe(response, fleet: Fleet) -> dict:
    tags = response.ec2_backend.tags.get(fleet.id, {})
    return {"SpotFleetRequestId": fleet.id, "SpotFleetRequestState": fleet.shown(), "CreateTime": fleet.created,
            "ActivityStatus": fleet.activity(),
            "SpotFleetRequestConfig": {**fleet.config,
                                       "FulfilledCapacity": 0.0 if fleet.terminated() or fleet.waits() else float(fleet.config["TargetCapacity"])},
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def replace_calls():
    """Puts our own fleets behind moto's reading and writing of the protocol."""
    from moto.core.responses import ActionResult
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.responses.spot_fleets import SpotFleets

    def known(response, fleet_id):
        fleet = fleets(response).get(fleet_id)
        if fleet is None:
            raise EC2ClientError("InvalidSpotFleetRequestId.NotFound", f"The spot fleet request ID '{fleet_id}' does not exist.")
        return fleet

    def paged(response, key, items):
        start, most = int(response._get_param("NextToken") or 0), int(response._get_param("MaxResults") or 1000)
        return {key: items[start:start + most], "NextToken": str(start + most) if start + most < len(items) else None}

    def request_spot_fleet(self):
        given = self._get_param("SpotFleetRequestConfig", {})
        if bool(given.get("LaunchSpecifications")) == bool(given.get("LaunchTemplateConfigs")):
            raise EC2ClientError("InvalidSpotFleetRequestConfig", "Exactly one of SpotFleetRequestConfig.LaunchSpecifications "
                                 "and SpotFleetRequestConfig.LaunchTemplateConfigs must be given.")
        if not given.get("IamFleetRole"):
            raise EC2ClientError("InvalidSpotFleetRequestConfig", "Parameter: SpotFleetRequestConfig.IamFleetRole is missing.")
        tags = {}
        for specification in given.get("TagSpecifications") or []:
            if specification.get("ResourceType") != "spot-fleet-request":
                raise EC2ClientError("InvalidParameterValue", f"The value for `ResourceType` must be `spot-fleet-request`, "
                                     f"but got `{specification.get('ResourceType')}` instead.")
            tags.update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []})
        config = config_with_defaults(dict(given))
        for fleet in fleets(self).values():
            if config.get("ClientToken") and fleet.config.get("ClientToken") == config["ClientToken"]:
                return ActionResult({"SpotFleetRequestId": fleet.id})
        fleet = Fleet(config)
        fleets(self)[fleet.id] = fleet
        if tags:
            self.ec2_backend.create_tags([fleet.id], tags)
        return ActionResult({"SpotFleetRequestId": fleet.id})

    def describe_spot_fleet_requests(self):
        ids = self._get_param("SpotFleetRequestIds", [])
        found = [known(self, fleet_id) for fleet_id in ids] if ids else list(fleets(self).values())
        return ActionResult(paged(self, "SpotFleetRequestConfigs", [describe(self, fleet) for fleet in found]))

    def modify_spot_fleet_request(self):
        fleet = known(self, self._get_param("SpotFleetRequestId"))
        if fleet.state != "active":
            raise EC2ClientError("FleetNotInModifiableState", f"Fleet Request: {fleet.id} is not in a modifiable state.")
        if fleet.config["Type"] != "maintain":
            raise EC2ClientError("InvalidParameterValue", f"Fleet Request: {fleet.id} is of type {fleet.config['Type']} and cannot be modified.")
        for name in ("TargetCapacity", "OnDemandTargetCapacity", "ExcessCapacityTerminationPolicy", "LaunchTemplateConfigs", "Context"):
            value = self._get_param(name)
            if value is not None:
                fleet.config[name] = value
        fleet.note("modify_in_progress")
        fleet.note("modify_succeeded")
        return ActionResult({"Return": True})

    def cancel_spot_fleet_requests(self):
        done, failed = [], []
        for fleet_id in self._get_param("SpotFleetRequestIds", []):
            fleet = fleets(self).get(fleet_id)
            if fleet is None:
                failed.append({"SpotFleetRequestId": fleet_id, "Error": {
                    "Code": "fleetRequestIdDoesNotExist", "Message": f"The spot fleet request ID '{fleet_id}' does not exist."}})
                continue
            before = fleet.state
            if before not in GONE:
                fleet.state = "cancelled_terminating" if self._get_bool_param("TerminateInstances") else "cancelled_running"
                fleet.note("cancelled")
            done.append({"SpotFleetRequestId": fleet_id, "CurrentSpotFleetRequestState": fleet.state,
                         "PreviousSpotFleetRequestState": before})
        return ActionResult({"SuccessfulFleetRequests": done, "UnsuccessfulFleetRequests": failed})

    def describe_spot_fleet_instances(self):
        fleet = known(self, self._get_param("SpotFleetRequestId"))
        return ActionResult({"SpotFleetRequestId": fleet.id, **paged(self, "ActiveInstances", fleet.instances())})

    def describe_spot_fleet_request_history(self):
        fleet = known(self, self._get_param("SpotFleetRequestId"))
        return ActionResult({"SpotFleetRequestId": fleet.id, "StartTime": self._get_param("StartTime") or fleet.created,
                             "LastEvaluatedTime": datetime.now(timezone.utc), **paged(self, "HistoryRecords", fleet.history)})

    for call in (request_spot_fleet, describe_spot_fleet_requests, modify_spot_fleet_request, cancel_spot_fleet_requests,
                 describe_spot_fleet_instances, describe_spot_fleet_request_history):
        setattr(SpotFleets, call.__name__, call)
