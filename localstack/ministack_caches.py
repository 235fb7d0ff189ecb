"""ElastiCache in MiniStack, where it forgets what AWS keeps: what a change to a group does to its nodes, and shards.

MiniStack writes most changes on the group alone, and reading takes them from the nodes. Handlers are module functions that are
looked up at each call, so they are replaced by name.
"""

import copy
import time


def install():
    import ministack.services.elasticache as caches

    change_nodes_with_their_group(caches)
    count_nodes_with_their_group(caches)
    change_the_number_of_shards(caches)
    tell_of_tokens_and_keys(caches)
    list_parameters_by_source(caches)
    reset_parameters_without_default(caches)
    deliver_logs_to_streams(caches)
    tell_the_port(caches)


def around(caches, name, wrap):
    """Replaces a handler by one that is made of it."""
    setattr(caches, name, wrap(getattr(caches, name)))


def group_of(caches, params):
    return caches._replication_groups.get(caches._p(params, "ReplicationGroupId"))


def nodes_of(caches, group):
    return [caches._clusters[name] for name in group["MemberClusters"] if name in caches._clusters]


def change_nodes_with_their_group(caches):
    """What ModifyReplicationGroup changes is seen on every node; log deliveries that are not named stay as they are."""
    def wrap(modify):
        def handle(params):
            group = group_of(caches, params)
            step = (group or {}).get("ClusterMode"), caches._p(params, "ClusterMode")
            if step in (("disabled", "enabled"), ("enabled", "disabled"), ("enabled", "compatible")):
                return caches._error("InvalidParameterValue", f"Cluster mode cannot be changed from {step[0]} to {step[1]}", 400)
            answer = modify(params)
            if group is None or answer[0] != 200:
                return answer
            value = lambda name: caches._p(params, name)
            nodes = nodes_of(caches, group)
            if value("ClusterMode"):
                group["ClusterMode"], group["ClusterEnabled"] = value("ClusterMode"), value("ClusterMode") == "enabled"
            groups = [{"SecurityGroupId": one, "Status": "active"}
                      for one in caches._extract_configs(params, "SecurityGroupIds", ("SecurityGroupId", "member"))]
            for record in (group, *nodes):
                if groups:
                    record["SecurityGroups"] = groups
                for name in ("EngineVersion", "Engine", "CacheNodeType"):
                    record[name] = value(name) or record.get(name)
                if value("AutoMinorVersionUpgrade"):
                    record["AutoMinorVersionUpgrade"] = value("AutoMinorVersionUpgrade") == "true"
                if value("TransitEncryptionEnabled"):
                    record["TransitEncryptionEnabled"] = value("TransitEncryptionEnabled") == "true"
                    record["TransitEncryptionMode"] = value("TransitEncryptionMode") or None
                elif value("TransitEncryptionMode"):
                    record["TransitEncryptionMode"] = value("TransitEncryptionMode")
            if value("CacheParameterGroupName"):
                for node in nodes:
                    node["CacheParameterGroup"] = {"CacheParameterGroupName": value("CacheParameterGroupName"), "ParameterApplyStatus": "in-sync"}
            if value("AuthToken"):
                stamp(group)
            change_logs(params, group, nodes)
            return answer
        return handle

    def change_logs(params, group, nodes):
        prefix = "LogDeliveryConfigurations.LogDeliveryConfigurationRequest"
        number, named = 1, set()
        while caches._p(params, f"{prefix}.{number}.LogType"):
            named.add(caches._p(params, f"{prefix}.{number}.LogType"))
            number += 1
        if named:
            kept = [log for log in group["LogDeliveryConfigurations"] if log["LogType"] not in named]
            for record in (group, *nodes):
                record["LogDeliveryConfigurations"] = kept + caches._extract_log_delivery_configs(params)

    around(caches, "_modify_replication_group", wrap)


def settle_members(caches, group):
    """Makes the group's list of nodes, and the nodes themselves, out of its shards."""
    wanted = [member for shard in group["NodeGroups"] for member in shard["NodeGroupMembers"]]
    model = nodes_of(caches, group)[0]
    for name in set(group["MemberClusters"]) - {member["CacheClusterId"] for member in wanted}:
        caches._clusters.pop(name, None)
    for member in wanted:
        name = member["CacheClusterId"]
        if name not in caches._clusters:
            arn = caches._arn_cluster(name)
            caches._clusters[name] = {**copy.deepcopy(model), "CacheClusterId": name, "CacheClusterArn": arn}
            caches._tags[arn] = caches._copy_tag_list(caches._tags.get(group["ARN"], []))
    group["MemberClusters"] = [member["CacheClusterId"] for member in wanted]


def count_nodes_with_their_group(caches):
    """More or fewer replicas are more or fewer nodes."""
    def wrap(change):
        def handle(params):
            answer = change(params)
            group = group_of(caches, params)
            if group is not None and answer[0] == 200:
                settle_members(caches, group)
            return answer
        return handle

    around(caches, "_increase_replica_count", wrap)
    around(caches, "_decrease_replica_count", wrap)


def change_the_number_of_shards(caches):
    """MiniStack has no ModifyReplicationGroupShardConfiguration."""
    def reshard(params):
        group = group_of(caches, params)
        if group is None:
            return caches._error("ReplicationGroupNotFoundFault", "Replication group not found", 404)
        if not group.get("ClusterEnabled"):
            return caches._error("InvalidParameterCombination", "The replication group is not cluster mode enabled", 400)
        count, shards = int(caches._p(params, "NodeGroupCount")), group["NodeGroups"]
        if count == len(shards):
            return caches._error("InvalidParameterValue", f"The replication group already has {count} node groups", 400)
        if count < len(shards):
            leaving = caches._extract_configs(params, "NodeGroupsToRemove", ("NodeGroupToRemove", "member"))
            if len(leaving) != len(shards) - count:
                return caches._error("InvalidParameterValue", "NodeGroupsToRemove must name every node group that goes", 400)
            group["NodeGroups"] = [shard for shard in shards if shard["NodeGroupId"] not in leaving]
        for number in range(len(shards) + 1, count + 1):
            old, shard = shards[0]["NodeGroupId"], copy.deepcopy(shards[0])
            shard["NodeGroupId"] = f"{number:04d}"
            for member in shard["NodeGroupMembers"]:
                member["CacheClusterId"] = member["CacheClusterId"].replace(f"-{old}-", f"-{number:04d}-")
            shards.append(shard)
        settle_members(caches, group)
        operation = "ModifyReplicationGroupShardConfiguration"
        return caches._xml(200, f"{operation}Response", f"<{operation}Result><ReplicationGroup>{caches._rg_xml(group)}"
                           f"</ReplicationGroup></{operation}Result>")

    def wrap(handle_request):
        async def handle(method, path, headers, body, query_params):
            params = {**query_params, **caches.parse_qs((body or b"").decode("utf-8", errors="replace"))}
            if caches._p(params, "Action") == "ModifyReplicationGroupShardConfiguration":
                return reshard(params)
            return await handle_request(method, path, headers, body, query_params)
        return handle

    around(caches, "handle_request", wrap)


def stamp(group):
    """The token has changed now: not in the second in which it last did, so that two changes have two times."""
    group["_token_changed"] = max(int(time.time()), group.get("_token_changed", 0) + 1)


def tell_of_tokens_and_keys(caches):
    """AWS says when a token was last changed, and with which key a group is encrypted."""
    def create(handler):
        def handle(params):
            answer = handler(params)
            group = group_of(caches, params)
            if group is not None and answer[0] == 200:
                group["_key"] = caches._p(params, "KmsKeyId")
                if caches._p(params, "AuthToken"):
                    stamp(group)
            return answer
        return handle

    def xml(write):
        def written(group):
            changed, key, text = group.get("_token_changed"), group.get("_key"), write(group)
            if changed:
                moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(changed))
                text += f"<AuthTokenLastModifiedDate>{moment}</AuthTokenLastModifiedDate>"
            return text + (f"<KmsKeyId>{key}</KmsKeyId>" if key else "")
        return written

    around(caches, "_create_replication_group", create)
    around(caches, "_rg_xml", xml)


def list_parameters_by_source(caches):
    """`Source=user` leaves out what nobody has set."""
    def wrap(describe):
        def handle(params):
            source, name = caches._p(params, "Source"), caches._p(params, "CacheParameterGroupName")
            known = caches._param_group_params.get(name)
            if not source or known is None:
                return describe(params)
            caches._param_group_params[name] = {key: one for key, one in known.items() if one.get("Source", "system") == source}
            try:
                return describe(params)
            finally:
                caches._param_group_params[name] = known
        return handle

    around(caches, "_describe_cache_parameters", wrap)


def reset_parameters_without_default(caches):
    """A parameter of which MiniStack knows no default is not set any more when it is reset."""
    def wrap(reset):
        def handle(params):
            answer, number = reset(params), 1
            known = caches._param_group_params.get(caches._p(params, "CacheParameterGroupName"), {})
            while answer[0] == 200 and caches._p(params, f"ParameterNameValues.ParameterNameValue.{number}.ParameterName"):
                name = caches._p(params, f"ParameterNameValues.ParameterNameValue.{number}.ParameterName")
                if known.get(name, {}).get("Source") == "user":
                    del known[name]
                number += 1
            return answer
        return handle

    around(caches, "_reset_cache_parameter_group", wrap)


def deliver_logs_to_streams(caches):
    """MiniStack knows log groups as destinations of logs, and forgets the streams of Data Firehose."""
    extract, write = caches._extract_log_delivery_configs, caches._log_delivery_configs_xml

    def extracted(params):
        prefix, streams, number = "LogDeliveryConfigurations.LogDeliveryConfigurationRequest", {}, 1
        while caches._p(params, f"{prefix}.{number}.LogType"):
            stream = caches._p(params, f"{prefix}.{number}.DestinationDetails.KinesisFirehoseDetails.DeliveryStream")
            streams[caches._p(params, f"{prefix}.{number}.LogType")] = stream
            number += 1
        logs = extract(params)
        for log in logs:
            if streams.get(log["LogType"]):
                log["DestinationDetails"] = {"KinesisFirehoseDetails": {"DeliveryStream": streams[log["LogType"]]}}
        return logs

    def written(logs):
        text = ""
        for log in logs or []:
            one, stream = write([log]), log["DestinationDetails"].get("KinesisFirehoseDetails", {}).get("DeliveryStream")
            details = f"<KinesisFirehoseDetails><DeliveryStream>{stream}</DeliveryStream></KinesisFirehoseDetails>"
            begun = f"<LogDeliveryConfiguration><DestinationDetails>{details}</DestinationDetails>"
            text += one.replace("<LogDeliveryConfiguration>", begun, 1) if stream else one
        return text

    caches._extract_log_delivery_configs, caches._log_delivery_configs_xml = extracted, written


def tell_the_port(caches):
    """The port that was asked for is told; nothing listens on it."""
    def wrap(create):
        def handle(params):
            answer, group = create(params), group_of(caches, params)
            port = caches._p(params, "Port")
            if answer[0] != 200 or group is None or not port:
                return answer
            ends = [shard[end] for shard in group["NodeGroups"] for end in ("PrimaryEndpoint", "ReaderEndpoint")]
            ends += [member["ReadEndpoint"] for shard in group["NodeGroups"] for member in shard["NodeGroupMembers"]]
            for end in (*ends, group["ConfigurationEndpoint"] or {}):
                end["Port"] = int(port)
            return answer
        return handle

    around(caches, "_create_replication_group", wrap)
