"""What moto's Cost Explorer lacks: anomaly monitors, anomaly subscriptions, and cost allocation tags.

Remembered as given, answered as AWS answers. It never finds an anomaly, and takes every tag key for one that was billed.
"""

import json
import uuid
from datetime import datetime, timezone

KINDS = {
    # What is created: the field of the call, the name of its ARN field, the key of the list in answers.
    "monitor": ("AnomalyMonitor", "MonitorArn", "AnomalyMonitors"),
    "subscription": ("AnomalySubscription", "SubscriptionArn", "AnomalySubscriptions"),
}


def install():
    from moto.ce.responses import CostExplorerResponse as Response

    add_anomaly_calls(Response)
    add_allocation_tags(Response)
    tag_anomalies(Response)


def store(response) -> dict:
    """What we remember, on moto's backend: its reset makes a new one."""
    backend = response.ce_backend
    if not hasattr(backend, "local_cloud"):
        backend.local_cloud = {"monitor": {}, "subscription": {}, "tags": {}, "allocation": {}}
    return backend.local_cloud


def refusal(code: str, message: str):
    """An error in the service's own form."""
    from moto.core.exceptions import JsonRESTError

    error = JsonRESTError(code, message)
    error.code = 400
    return error


def today() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_anomaly_calls(Response):
    """moto has none of the anomaly calls."""
    def missing(kind):
        return refusal("UnknownMonitorException" if kind == "monitor" else "UnknownSubscriptionException",
                       f"No anomaly {kind} found for the given ARN.")

    def calls_for(kind):
        field, arn_name, list_name = KINDS[kind]

        def create(self):
            parameters = json.loads(self.body)
            given = dict(parameters[field])
            if kind == "subscription":
                for arn in given.get("MonitorArnList", []):
                    if arn not in store(self)["monitor"]:
                        raise missing("monitor")
            arn = f"arn:aws:ce::{self.current_account}:anomaly{kind}/{uuid.uuid4()}"
            given[arn_name] = arn
            if kind == "monitor":
                given.update(CreationDate=today(), LastUpdatedDate=today(), DimensionalValueCount=0)
            else:
                given["AccountId"] = self.current_account
                for subscriber in given.get("Subscribers", []):
                    subscriber.setdefault("Status", "CONFIRMED")
            store(self)[kind][arn] = given
            store(self)["tags"][arn] = {tag["Key"]: tag["Value"] for tag in parameters.get("ResourceTags") or []}
            return json.dumps({arn_name: arn})

        def get(self):
            parameters = json.loads(self.body)
            wanted, monitor = parameters.get(f"{arn_name}List"), parameters.get("MonitorArn") if kind == "subscription" else None
            found = store(self)[kind]
            if wanted and any(arn not in found for arn in wanted):
                raise missing(kind)
            documents = [document for arn, document in found.items()
                         if (not wanted or arn in wanted) and (not monitor or monitor in document.get("MonitorArnList", []))]
            start, most = int(parameters.get("NextPageToken") or 0), parameters.get("MaxResults") or 100
            answer = {list_name: documents[start:start + most]}
            if start + most < len(documents):
                answer["NextPageToken"] = str(start + most)
            return json.dumps(answer)

        def update(self):
            parameters = json.loads(self.body)
            arn = parameters.pop(arn_name)
            if arn not in store(self)[kind]:
                raise missing(kind)
            document = store(self)[kind][arn]
            document.update(parameters)
            if kind == "monitor":
                document["LastUpdatedDate"] = today()
            return json.dumps({arn_name: arn})

        def delete(self):
            arn = json.loads(self.body)[arn_name]
            if store(self)[kind].pop(arn, None) is None:
                raise missing(kind)
            store(self)["tags"].pop(arn, None)
            return "{}"

        return {f"create_anomaly_{kind}": create, f"get_anomaly_{kind}s": get,
                f"update_anomaly_{kind}": update, f"delete_anomaly_{kind}": delete}

    for kind in KINDS:
        for name, call in calls_for(kind).items():
            call.__name__ = name
            setattr(Response, name, call)


def add_allocation_tags(Response):
    """moto has no cost allocation tags. AWS knows a key once it has seen it on a bill; here any key that is asked for by its
    name was on one."""
    def update_cost_allocation_tags_status(self):
        for entry in json.loads(self.body)["CostAllocationTagsStatus"]:
            store(self)["allocation"][entry["TagKey"]] = {
                "TagKey": entry["TagKey"], "Type": "UserDefined", "Status": entry["Status"], "LastUpdatedDate": today()}
        return json.dumps({"Errors": []})

    def list_cost_allocation_tags(self):
        parameters = json.loads(self.body)
        keys, status, kind = parameters.get("TagKeys"), parameters.get("Status"), parameters.get("Type")
        for key in keys or ():
            store(self)["allocation"].setdefault(key, {"TagKey": key, "Type": "UserDefined", "Status": "Inactive"})
        found = [tag for tag in store(self)["allocation"].values()
                 if (not keys or tag["TagKey"] in keys) and status in (None, tag["Status"]) and kind in (None, tag["Type"])]
        return json.dumps({"CostAllocationTags": found})

    Response.update_cost_allocation_tags_status = update_cost_allocation_tags_status
    Response.list_cost_allocation_tags = list_cost_allocation_tags


def tag_anomalies(Response):
    """The tag calls of moto know cost categories only."""
    list_tags, tag, untag = Response.list_tags_for_resource, Response.tag_resource, Response.untag_resource

    def of(self):
        return store(self)["tags"].get(json.loads(self.body)["ResourceArn"])

    def list_tags_for_resource(self):
        tags = of(self)
        if tags is None:
            return list_tags(self)
        return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self):
        tags = of(self)
        if tags is None:
            return tag(self)
        tags.update({one["Key"]: one["Value"] for one in json.loads(self.body)["ResourceTags"]})
        return "{}"

    def untag_resource(self):
        tags = of(self)
        if tags is None:
            return untag(self)
        for key in json.loads(self.body)["ResourceTagKeys"]:
            tags.pop(key, None)
        return "{}"

    Response.list_tags_for_resource, Response.tag_resource, Response.untag_resource = list_tags_for_resource, tag_resource, untag_resource
