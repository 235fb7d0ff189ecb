"""CloudWatch Logs in MiniStack, where it takes a key for a new log group only."""

import json


def install():
    import ministack.services.cloudwatch_logs as logs

    change_keys(logs)


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
