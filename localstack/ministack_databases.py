"""RDS in MiniStack, where it forgets what AWS keeps of a database, its replica and its groups."""


def install():
    import ministack.services.rds as rds

    keep_what_was_said(rds)
    make_replicas_their_own(rds)
    know_the_names_that_are_taken(rds)
    know_the_defaults_of_parameters(rds)
    set_passwords_in_a_while(rds)
    change_classes_in_a_while(rds)


def logs_of(rds, params):
    """The logs of a request: at creation all of them, later those that begin and those that end."""
    wanted = rds._parse_member_list(params, "EnableCloudwatchLogsExports")
    prefix = "CloudwatchLogsExportConfiguration"
    begin = rds._parse_member_list(params, f"{prefix}.EnableLogTypes")
    return wanted + begin, rds._parse_member_list(params, f"{prefix}.DisableLogTypes")


def keep(rds, params, instance):
    """Writes down what MiniStack drops."""
    value = lambda name: rds._p(params, name)
    begin, end = logs_of(rds, params)
    logs = [log for log in instance.get("EnabledCloudwatchLogsExports", []) if log not in end]
    instance["EnabledCloudwatchLogsExports"] = logs + [log for log in begin if log not in logs]
    if value("AutoMinorVersionUpgrade"):
        instance["AutoMinorVersionUpgrade"] = value("AutoMinorVersionUpgrade") == "true"
    if value("EnablePerformanceInsights"):
        instance["PerformanceInsightsEnabled"] = value("EnablePerformanceInsights") == "true"
    if value("PerformanceInsightsRetentionPeriod"):
        instance["PerformanceInsightsRetentionPeriod"] = int(value("PerformanceInsightsRetentionPeriod"))
    if value("MonitoringInterval") == "0":
        instance["MonitoringInterval"], instance["MonitoringRoleArn"] = 0, ""
    group = rds._subnet_groups.get(value("DBSubnetGroupName"))
    if group is not None:
        instance["DBSubnetGroup"] = group
    # The port that was asked for is told; nothing listens on it.
    port = value("Port") or value("DBPortNumber")
    instance["_port"] = int(port) if port else instance.get("_port", 5432)


def keep_what_was_said(rds):
    """Ports, log exports, insights and minor upgrades read back as they were asked for."""
    write = rds._instance_xml

    def written(instance):
        text = write(instance)
        logs = "".join(f"<member>{log}</member>" for log in instance.get("EnabledCloudwatchLogsExports", []))
        text = text.replace("<EnabledCloudwatchLogsExports/>", f"<EnabledCloudwatchLogsExports>{logs}</EnabledCloudwatchLogsExports>", 1)
        told = (instance.get("Endpoint") or {}).get("Port")
        if "_port" in instance and told:
            text = text.replace(f"<Port>{told}</Port>", f"<Port>{instance['_port']}</Port>", 1)
        return text

    def wrap(handler):
        def handle(params):
            answer = handler(params)
            instance = rds._instances.get(rds._p(params, "DBInstanceIdentifier"))
            if answer[0] == 200 and instance is not None:
                keep(rds, params, instance)
            return answer
        return handle

    rds._instance_xml = written
    for name in ("CreateDBInstance", "ModifyDBInstance"):
        rds._ACTION_MAP[name] = wrap(rds._ACTION_MAP[name])


def make_replicas_their_own(rds):
    """A replica has what was asked for it, and of its source only the data; it has no secret and no backups of its own."""
    create = rds._ACTION_MAP["CreateDBInstanceReadReplica"]

    def handle(params):
        source = rds._instances.get(rds._p(params, "SourceDBInstanceIdentifier"), {})
        if source.get("Engine") == "postgres" and rds._p(params, "DBParameterGroupName"):
            message = "A parameter group can't be specified during Read Replica creation for the following DB engine: postgres"
            return rds._error("InvalidParameterCombination", message, 400)
        if source.get("MasterUserSecret"):
            message = ("Creating read replicas for source instance with engine postgres where ManageMasterUserPassword "
                       "is enabled is not supported.")
            return rds._error("InvalidParameterValue", message, 400)
        answer = create(params)
        replica = rds._instances.get(rds._p(params, "DBInstanceIdentifier"))
        if answer[0] != 200:
            return answer
        for name in ("MasterUserSecret", "EnabledCloudwatchLogsExports", "MonitoringRoleArn"):
            replica.pop(name, None)
        replica.update(BackupRetentionPeriod=0, MonitoringInterval=0, PerformanceInsightsEnabled=False, MultiAZ=False,
                       PubliclyAccessible=False, DeletionProtection=False)
        # How far a disk grows is a setting of each instance.
        most = rds._p(params, "MaxAllocatedStorage")
        replica["MaxAllocatedStorage"] = int(most) if most else replica.get("AllocatedStorage", 20)
        replica.pop("_port", None)
        rds._ACTION_MAP["ModifyDBInstance"]({**params, "ApplyImmediately": ["true"]})
        keep(rds, params, replica)
        return answer

    rds._ACTION_MAP["CreateDBInstanceReadReplica"] = handle


def know_the_names_that_are_taken(rds):
    """MiniStack makes a second subnet group of a name over the first."""
    create = rds._ACTION_MAP["CreateDBSubnetGroup"]

    def handle(params):
        name = rds._p(params, "DBSubnetGroupName")
        if name in rds._subnet_groups:
            return rds._error("DBSubnetGroupAlreadyExists", f"DB subnet group {name} already exists.", 400)
        return create(params)

    rds._ACTION_MAP["CreateDBSubnetGroup"] = handle


# What RDS's own families of PostgreSQL say, of what is often set by hand.
DEFAULTS = {
    "checkpoint_completion_target": "0.9",
    "effective_cache_size": "{DBInstanceClassMemory/16384}",
    "max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "shared_buffers": "{DBInstanceClassMemory/32768}",
}


def know_the_defaults_of_parameters(rds):
    """A parameter that is set to its default is not listed as set by somebody."""
    families, modify = rds._default_parameters_for_family, rds._ACTION_MAP["ModifyDBParameterGroup"]

    def known(family):
        if not family.startswith("postgres"):
            return families(family)
        return [{"name": name, "default": value, "apply_type": "static"} for name, value in DEFAULTS.items()]

    def handle(params):
        answer = modify(params)
        group = rds._param_groups.get(rds._p(params, "DBParameterGroupName"))
        if answer[0] == 200 and group and group["DBParameterGroupFamily"].startswith("postgres"):
            custom = group["Parameters"]
            for name in [name for name, one in custom.items() if DEFAULTS.get(name) == one["ParameterValue"]]:
                del custom[name]
        return answer

    rds._default_parameters_for_family = known
    rds._ACTION_MAP["ModifyDBParameterGroup"] = handle


def set_passwords_in_a_while(rds):
    """A new password is in force when RDS says that it does not wait for it any more: here after two looks."""
    modify, write = rds._ACTION_MAP["ModifyDBInstance"], rds._instance_xml

    def handle(params):
        answer = modify(params)
        instance = rds._instances.get(rds._p(params, "DBInstanceIdentifier"))
        if answer[0] == 200 and instance is not None and rds._p(params, "MasterUserPassword"):
            instance["_password_waits"] = 2
        return answer

    def written(instance):
        text, left = write(instance), instance.get("_password_waits", 0)
        if left:
            instance["_password_waits"] = left - 1
            pending = "<PendingModifiedValues><MasterUserPassword>****</MasterUserPassword>"
            text = text.replace("<PendingModifiedValues>", pending, 1)
        return text

    rds._ACTION_MAP["ModifyDBInstance"], rds._instance_xml = handle, written


def change_classes_in_a_while(rds):
    """A database that is to have another class stays available with it pending: here for two looks, and is modified in a third."""
    modify, write = rds._ACTION_MAP["ModifyDBInstance"], rds._instance_xml

    def handle(params):
        instance = rds._instances.get(rds._p(params, "DBInstanceIdentifier"))
        before = (instance or {}).get("DBInstanceClass")
        answer = modify(params)
        if answer[0] == 200 and instance is not None and instance["DBInstanceClass"] != before:
            instance["_class_waits"], instance["_class_before"] = 3, before
        return answer

    def written(instance):
        text, left = write(instance), instance.get("_class_waits", 0)
        if left and instance["DBInstanceStatus"] == "available":
            instance["_class_waits"] = left - 1
            name = instance["DBInstanceClass"]
            text = text.replace(f"<DBInstanceClass>{name}<", f"<DBInstanceClass>{instance['_class_before']}<", 1)
            text = text.replace("<PendingModifiedValues>", f"<PendingModifiedValues><DBInstanceClass>{name}</DBInstanceClass>", 1)
            if left == 1:
                text = text.replace("<DBInstanceStatus>available<", "<DBInstanceStatus>modifying<", 1)
        return text

    rds._ACTION_MAP["ModifyDBInstance"], rds._instance_xml = handle, written
