"""CloudWatch in MiniStack, where it forgets what AWS keeps of alarms and dashboards.

Handlers are module functions that are looked up at each call, so they are replaced by name.
"""


def install():
    import ministack.services.cloudwatch as metrics

    keep_all_of_an_alarm(metrics)
    tag_dashboards(metrics)
    date_dashboards(metrics)


def keep_all_of_an_alarm(metrics):
    """Metric math, percentiles and bands are kept, and nothing is filled in that AWS leaves out."""
    put = metrics._put_metric_alarm

    def handle(params, data, is_cbor, is_json=False):
        answer = put(params, data, is_cbor, is_json)
        alarm = metrics._alarms.get(data.get("AlarmName")) if is_cbor or is_json else None
        if alarm is None or answer[0] != 200:
            return answer
        for name in ("Metrics", "ThresholdMetricId", "EvaluateLowSampleCountPercentile"):
            if data.get(name):
                alarm[name] = data[name]
        for name in ("Statistic", "Period", "Threshold", "MetricName", "Namespace", "ExtendedStatistic", "AlarmDescription"):
            if name not in data:
                alarm.pop(name, None)
        return answer

    evaluate = metrics._evaluate_alarm
    metrics._put_metric_alarm = handle
    # Of metric math nothing is computed: such an alarm stays without data.
    metrics._evaluate_alarm = lambda alarm: None if alarm.get("Metrics") or not alarm.get("Period") else evaluate(alarm)


def tag_dashboards(metrics):
    """Dashboards have tags, as alarms do, from their creation on."""
    put, validate, delete = metrics._put_dashboard, metrics._validate_alarm_tag_arn, metrics._delete_dashboards

    def name_of(arn):
        head, found, name = str(arn).partition(":dashboard/")
        return name if found and head.startswith("arn:aws:cloudwatch:") else None

    def handle(params, data, is_cbor, is_json=False):
        fresh = data.get("DashboardName") not in metrics._dashboards
        answer = put(params, data, is_cbor, is_json)
        known = metrics._dashboards.get(data.get("DashboardName"))
        if known and fresh:
            metrics._resource_tags[known["DashboardArn"]] = {tag["Key"]: tag["Value"] for tag in data.get("Tags") or []}
        return answer

    def check(arn, is_json=False, is_cbor=False):
        name = name_of(arn)
        if name is None:
            return validate(arn, is_json=is_json, is_cbor=is_cbor)
        if name not in metrics._dashboards:
            return metrics._error("ResourceNotFoundException", f"Dashboard {name} does not exist", 404, use_json=is_json, use_cbor=is_cbor)

    def drop(params, data, is_cbor, is_json=False):
        arns = [metrics._dashboards[name]["DashboardArn"] for name in data.get("DashboardNames", []) if name in metrics._dashboards]
        answer = delete(params, data, is_cbor, is_json)
        if answer[0] == 200:
            for arn in arns:
                metrics._resource_tags.pop(arn, None)
        return answer

    metrics._put_dashboard, metrics._validate_alarm_tag_arn, metrics._delete_dashboards = handle, check, drop


def date_dashboards(metrics):
    """In CBOR a date is a number with a mark, and the list of dashboards writes it as text."""
    listing = metrics._list_dashboards

    def handle(params, data, is_cbor, is_json=False):
        if not is_cbor:
            return listing(params, data, is_cbor, is_json)
        prefix = data.get("DashboardNamePrefix") or ""
        entries = [
            {
                "DashboardName": name,
                "DashboardArn": dashboard["DashboardArn"],
                "Size": dashboard["Size"],
                "LastModified": metrics._cbor_timestamp(dashboard["LastModified"]),
            }
            for name, dashboard in sorted(metrics._dashboards.items())
            if name.startswith(prefix)
        ]
        return metrics._cbor_ok({"DashboardEntries": entries})

    metrics._list_dashboards = handle
