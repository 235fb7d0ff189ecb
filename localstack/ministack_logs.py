"""CloudWatch Logs in MiniStack, where it takes a key for a new log group only, and where deliveries are laxer than on AWS."""

import json


def install():
    import ministack.services.cloudwatch_logs as logs

    change_keys(logs)
    change_deliveries(logs)
    keep_what_is_delivered(logs)


def change_keys(logs):
    """The key of a group changes and goes by calls of its own, which MiniStack does not know."""
    from ministack.core.responses import error_response_json, json_response

    handle = logs.handle_request
    keys = {"AssociateKmsKey": lambda data: data.get("kmsKeyId"), "DisassociateKmsKey": lambda _data: None}

    async def handle_request(method, path, headers, body, query_params):
        key = keys.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if key is None:
            return await handle(method, path, headers, body, query_params)
        data = json.loads(body)
        group = logs._log_groups.get(data.get("logGroupName"))
        if group is None:
            return error_response_json("ResourceNotFoundException", "The specified log group does not exist.", 400)
        group["kmsKeyId"] = key(data)
        return json_response({})

    logs.handle_request = handle_request


def change_deliveries(logs):
    """What a delivery delivers changes in place, by a call that MiniStack does not know."""
    from ministack.core.responses import error_response_json, json_response

    handle = logs.handle_request

    async def handle_request(method, path, headers, body, query_params):
        if not headers.get("x-amz-target", "").endswith(".UpdateDeliveryConfiguration"):
            return await handle(method, path, headers, body, query_params)
        data = json.loads(body)
        delivery = logs._deliveries.get(data["id"])
        if delivery is None:
            return error_response_json("ResourceNotFoundException", f"Delivery does not exist: {data['id']}", 400)
        delivery.update({name: data[name] for name in ("recordFields", "fieldDelimiter", "s3DeliveryConfiguration") if name in data})
        return json_response({})

    logs.handle_request = handle_request


def keep_what_is_delivered(logs):
    """AWS keeps sources and destinations of deliveries, lists them in pages, and gives deliveries letters and digits."""
    from ministack.core.responses import error_response_json, json_response

    delete_source, delete_destination = logs._delete_delivery_source, logs._delete_delivery_destination

    def in_use(what):
        return error_response_json("ConflictException", f"This {what} cannot be deleted because it is associated with a delivery.", 400)

    def source(data):
        if any(delivery["deliverySourceName"] == data.get("name") for delivery in logs._deliveries.values()):
            return in_use("delivery source")
        return delete_source(data)

    def destination(data):
        arn = (logs._delivery_destinations.get(data.get("name")) or {}).get("arn")
        if any(delivery["deliveryDestinationArn"] == arn for delivery in logs._deliveries.values()):
            return in_use("delivery destination")
        return delete_destination(data)

    create = logs._create_delivery

    def created(data):
        answer = create(data)
        if answer[0] != 200:
            return answer
        delivery = logs._deliveries[json.loads(answer[2])["delivery"]["id"]]
        del logs._deliveries[delivery["id"]]
        delivery["id"] = delivery["id"].replace("-", "")
        delivery["arn"] = logs._make_delivery_arn(delivery["id"])
        logs._deliveries[delivery["id"]] = delivery
        return json_response({"delivery": logs._format_delivery(delivery)})

    logs._create_delivery = created

    def in_pages(describe, member):
        def handle(data):
            status, headers, body = describe(data)
            document = json.loads(body)
            start, size = int(data.get("nextToken") or 0), int(data.get("limit") or 50)
            if start + size < len(document[member]):
                document["nextToken"] = str(start + size)
            document[member] = document[member][start:start + size]
            return status, headers, json.dumps(document).encode()
        return handle

    logs._delete_delivery_source, logs._delete_delivery_destination = source, destination
    for name, member in (("sources", "deliverySources"), ("destinations", "deliveryDestinations")):
        setattr(logs, f"_describe_delivery_{name}", in_pages(getattr(logs, f"_describe_delivery_{name}"), member))
    logs._describe_deliveries = in_pages(logs._describe_deliveries, "deliveries")
