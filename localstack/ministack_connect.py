"""Service Connect in MiniStack's ECS: AWS keeps the namespace of a cluster, and with each deployment what its service goes by."""


def install():
    import ministack.services.ecs as ecs

    keep_namespaces(ecs)
    keep_names(ecs)


def keep_namespaces(ecs):
    """A namespace is given by name and answered by ARN. An empty name ends it."""

    def settle(name, data):
        asked = data.get("serviceConnectDefaults")
        if asked is None or name not in ecs._clusters:
            return
        cluster = ecs._clusters[name]
        if asked["namespace"]:
            place = f"arn:aws:servicediscovery:{ecs.get_region()}:{ecs.get_account_id()}:namespace"
            cluster["serviceConnectDefaults"] = {"namespace": f"{place}/ns-{name}"}
        else:
            cluster.pop("serviceConnectDefaults", None)

    create, update = ecs._put_cluster, ecs._ACTION_MAP["UpdateCluster"]

    def _put_cluster(data):
        cluster = create(data)
        settle(cluster["clusterName"], data)
        return cluster

    def _update_cluster(data):
        answer = update(data)
        settle(ecs._resolve_cluster_name(data.get("cluster", "default")), data)
        return answer

    ecs._put_cluster = _put_cluster
    ecs._ACTION_MAP["UpdateCluster"] = _update_cluster


def keep_names(ecs):
    """What a service goes by is told of its deployments; a change without it leaves it as it was."""
    key = "serviceConnectConfiguration"

    def service_of(data, name):
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        return ecs._services.get(f"{cluster}/{name}") or {"deployments": []}

    def primary(service):
        return next((one for one in service["deployments"] if one["status"] == "PRIMARY"), {})

    create, update = ecs._ACTION_MAP["CreateService"], ecs._ACTION_MAP["UpdateService"]

    def _create_service(data):
        answer = create(data)
        # A refused repetition changes nothing of the service that there is.
        if answer[0] == 200 and key in data:
            primary(service_of(data, data.get("serviceName")))[key] = data[key]
        return answer

    def _update_service(data):
        found = ecs._resolve_service_ref(data.get("service", ""))
        service = service_of(data, found and found[0])
        before = primary(service).get(key)
        answer = update(data)
        now = data.get(key, before)
        if now is not None:
            primary(service)[key] = now
        return answer

    ecs._ACTION_MAP["CreateService"] = _create_service
    ecs._ACTION_MAP["UpdateService"] = _update_service
