"""What MiniStack's ECS does not keep of services and clusters: revisions with their monitoring, balance between zones,
and machines that joined a cluster."""

import uuid


def install():
    import ministack.services.ecs as ecs

    keep_revisions(ecs)
    keep_machines(ecs)


def keep_revisions(ecs):
    """AWS answers the monitoring of a service with its revisions only, and balances new services between zones unasked."""
    revisions = {}

    def service_of(data, name):
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        return ecs._services.get(f"{cluster}/{name}")

    def revise(service, data):
        current = (service.get("currentServiceRevisions") or [{}])[0].get("arn")
        kept = revisions.get(current, {}).get("monitoring")
        monitoring = data.get("monitoring", kept)
        if current and monitoring == kept:
            return
        arn = service["serviceArn"].replace(":service/", ":service-revision/") + f"/{uuid.uuid4().int % 10**16:016d}"
        revisions[arn] = {"serviceRevisionArn": arn, "serviceArn": service["serviceArn"], "clusterArn": service["clusterArn"],
                          "taskDefinition": service.get("taskDefinition")}
        if monitoring:
            revisions[arn]["monitoring"] = monitoring
        service["currentServiceRevisions"] = [{"arn": arn, "requestedTaskCount": 0, "runningTaskCount": 0, "pendingTaskCount": 0}]

    create, update = ecs._ACTION_MAP["CreateService"], ecs._ACTION_MAP["UpdateService"]

    def _create_service(data):
        known = service_of(data, data.get("serviceName"))
        before = known and known.get("status")
        answer = create(data)
        service = service_of(data, data.get("serviceName"))
        if answer[0] == 200 and service and before != "ACTIVE":
            service["availabilityZoneRebalancing"] = data.get("availabilityZoneRebalancing", "ENABLED")
            service.pop("currentServiceRevisions", None)
            revise(service, data)
        return answer

    def _update_service(data):
        answer = update(data)
        found = ecs._resolve_service_ref(data.get("service", ""))
        service = service_of(data, found and found[0])
        if answer[0] == 200 and service:
            if "availabilityZoneRebalancing" in data:
                service["availabilityZoneRebalancing"] = data["availabilityZoneRebalancing"]
            revise(service, data)
        return answer

    def _describe_service_revisions(data):
        asked = data.get("serviceRevisionArns", [])
        if not 1 <= len(asked) <= 20:
            return ecs.error_response_json("InvalidParameterException", "serviceRevisionArns takes 1 to 20 ARNs.", 400)
        failures = [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in revisions]
        return ecs.json_response({"serviceRevisions": [revisions[arn] for arn in asked if arn in revisions], "failures": failures})

    ecs._ACTION_MAP["CreateService"] = _create_service
    ecs._ACTION_MAP["UpdateService"] = _update_service
    ecs._ACTION_MAP["DescribeServiceRevisions"] = _describe_service_revisions


def keep_machines(ecs):
    """Machines join a cluster and stand in the way of its end, until they are deregistered: by force, if their agent is
    gone. A machine joins here by the agent's own call, and its agent is taken to be gone."""
    machines = {}

    def of(name):
        return {arn: one for arn, one in machines.items() if one["cluster"] == name}

    def cluster(data):
        return ecs._resolve_cluster_name(data.get("cluster", "default"))

    def register(data):
        name = cluster(data)
        if name not in ecs._clusters:
            return ecs.error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
        arn = f"arn:aws:ecs:{ecs.get_region()}:{ecs.get_account_id()}:container-instance/{name}/{uuid.uuid4().hex}"
        machines[arn] = {"cluster": name, "instance": {
            "containerInstanceArn": arn, "ec2InstanceId": "i-" + uuid.uuid4().hex[:17], "status": "ACTIVE", "agentConnected": False}}
        return ecs.json_response({"containerInstance": machines[arn]["instance"]})

    def listed(data):
        return ecs.json_response({"containerInstanceArns": sorted(of(cluster(data)))})

    def described(data):
        known = of(cluster(data))
        asked = data.get("containerInstances", [])
        return ecs.json_response({"containerInstances": [known[arn]["instance"] for arn in asked if arn in known],
                                  "failures": [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in known]})

    def deregister(data):
        arn = data.get("containerInstance", "")
        if arn not in of(cluster(data)):
            return ecs.error_response_json("InvalidParameterException", "Referenced container instance not found.", 400)
        return ecs.json_response({"containerInstance": {**machines.pop(arn)["instance"], "status": "INACTIVE"}})

    delete = ecs._ACTION_MAP["DeleteCluster"]

    def _delete_cluster(data):
        if of(cluster(data)):
            return ecs.error_response_json("ClusterContainsContainerInstancesException",
                                           "The Cluster cannot be deleted while Container Instances are active or draining.", 400)
        return delete(data)

    ecs._ACTION_MAP.update({"RegisterContainerInstance": register, "ListContainerInstances": listed,
                            "DescribeContainerInstances": described, "DeregisterContainerInstance": deregister,
                            "DeleteCluster": _delete_cluster})
