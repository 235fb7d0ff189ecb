"""MiniStack's CloudFront, WAF and S3, brought closer to AWS where it is laxer or lacks a call.

Distributions take a moment here, as they take minutes on AWS: a program that does not wait would be seen.
"""

import time
from xml.etree import ElementTree

# How long a new or changed distribution is `InProgress`.
SECONDS_OF_A_DEPLOYMENT = 0.4


def install():
    import ministack.services.cloudfront as cloudfront
    import ministack.services.s3 as s3
    import ministack.services.waf as waf

    keep_tiering_configurations(s3)
    take_time_to_deploy(cloudfront)
    keep_what_distributions_refer_to(cloudfront)
    change_descriptions(waf)
    keep_web_acls_in_use(waf, cloudfront)
    associate_with_what_there_is(waf)
    keep_logs_of_web_acls(waf)


def keep_tiering_configurations(s3):
    """MiniStack has no intelligent-tiering configurations: it answers a list of objects, and forgets what is put."""
    dispatch, delete_bucket, reset = s3._dispatch, s3._delete_bucket, s3.reset
    kept = {}

    def xml(body):
        return 200, {"Content-Type": "application/xml"}, body

    def handle(method, bucket, key, headers, body, query):
        if not bucket or key or "intelligent-tiering" not in query:
            return dispatch(method, bucket, key, headers, body, query)
        if bucket not in s3._buckets:
            return s3._no_such_bucket(bucket)
        configurations, name = kept.setdefault(bucket, {}), s3._qp(query, "id")
        if method == "PUT":
            configurations[name] = body.decode().partition("?>")[2] if body.startswith(b"<?xml") else body.decode()
            return 200, {}, b""
        if method == "DELETE":
            configurations.pop(name, None)
            return 204, {}, b""
        if name and name not in configurations:
            return s3._error("NoSuchConfiguration", "The specified configuration does not exist.", 404, f"/{bucket}")
        if name:
            return xml(configurations[name].encode())
        root = ElementTree.Element(f"{{{s3.S3_NS}}}ListBucketIntelligentTieringConfigurationsOutput")
        ElementTree.SubElement(root, f"{{{s3.S3_NS}}}IsTruncated").text = "false"
        root.extend(ElementTree.fromstring(text) for _, text in sorted(configurations.items()))
        return xml(ElementTree.tostring(root, default_namespace=s3.S3_NS))

    def delete(name):
        answer = delete_bucket(name)
        if answer[0] == 204:
            kept.pop(name, None)
        return answer

    def forget():
        kept.clear()
        return reset()

    s3._dispatch, s3._delete_bucket, s3.reset = handle, delete, forget


def take_time_to_deploy(cloudfront):
    """A new or changed distribution is not deployed at once, and one that is being deployed cannot be deleted."""
    update, delete = cloudfront._update_distribution, cloudfront._delete_distribution
    write, write_list = cloudfront._build_distribution_xml, cloudfront._build_distribution_list_xml
    changed = {}

    def settle(distribution):
        # The first to ask for its status is the answer to the creating call.
        moment = changed.setdefault(distribution["Id"], time.monotonic())
        in_progress = time.monotonic() - moment < SECONDS_OF_A_DEPLOYMENT
        distribution["Status"] = "InProgress" if in_progress else "Deployed"
        return distribution

    def updated(name, headers, body):
        before = changed.get(name, 0)
        changed[name] = time.monotonic()
        answer = update(name, headers, body)
        if answer[0] != 200:
            changed[name] = before
        return answer

    def deleted(name, headers):
        distribution = cloudfront._distributions.get(name)
        if distribution and settle(distribution)["Status"] == "InProgress" and not distribution["enabled"]:
            message = "The distribution you are trying to delete has not been disabled."
            return cloudfront._error("DistributionNotDisabled", message, 409)
        return delete(name, headers)

    cloudfront._update_distribution, cloudfront._delete_distribution = updated, deleted
    cloudfront._build_distribution_xml = lambda parent, distribution: write(parent, settle(distribution))
    cloudfront._build_distribution_list_xml = lambda root, items: write_list(root, [settle(item) for item in items])


def keep_what_distributions_refer_to(cloudfront):
    """AWS keeps access controls and policies that a distribution refers to. MiniStack looks for them among a distribution's
    own fields only, and they stand in the text of its configuration."""
    delete = cloudfront._delete_oac

    def users(name):
        return [distribution["Id"] for distribution in cloudfront._distributions.values() if name in distribution.get("config_xml", "")]

    def deleted(name, headers):
        if name in cloudfront._oacs and cloudfront._distributions_using_policy(name):
            message = "Cannot delete the origin access control because it's in use by one or more distributions."
            return cloudfront._error("OriginAccessControlInUse", message, 409)
        return delete(name, headers)

    cloudfront._delete_oac, cloudfront._distributions_using_policy = deleted, users


def change_descriptions(waf):
    """UpdateWebACL writes the description too."""
    update = waf._update_web_acl

    def updated(data):
        answer = update(data)
        acl = waf._resource_from_scope(waf._web_acls, data.get("Id", ""), data.get("Scope", "REGIONAL"))
        if answer[0] == 200 and acl:
            acl["Description"] = data.get("Description", "")
        return answer

    waf._update_web_acl = updated


def keep_web_acls_in_use(waf, cloudfront):
    """AWS keeps a web ACL that a distribution or a load balancer has."""
    import ministack.services.alb as alb

    delete = waf._delete_web_acl

    def has(arn):
        """What is gone has none."""
        return any(of == arn and balancer in alb._lbs for balancer, of in list(waf._associations.items()))

    def deleted(data):
        acl = waf._resource_from_scope(waf._web_acls, data.get("Id", ""), data.get("Scope", "REGIONAL"))
        if acl and (cloudfront._distributions_using_policy(acl["ARN"]) or has(acl["ARN"])):
            return waf._waf_err("WAFAssociatedItemException", "AWS WAF couldn't perform the operation because your resource is being used.")
        return delete(data)

    waf._delete_web_acl = deleted


def associate_with_what_there_is(waf):
    """MiniStack associates anything with anything, and what has no web ACL is an error. On AWS a web ACL of the scope REGIONAL goes
    with a load balancer that there is, a load balancer without one is an empty answer, and one that goes takes its own along."""
    import ministack.services.alb as alb
    from ministack.core.responses import json_response

    associate, disassociate, get = waf._associate_web_acl, waf._disassociate_web_acl, waf._get_web_acl_for_resource

    def there_is(arn):
        if arn not in alb._lbs:
            waf._associations.pop(arn, None)
        return arn in alb._lbs

    def missing():
        message = "AWS WAF couldn't perform the operation because your resource doesn't exist."
        return waf._waf_err("WAFNonexistentItemException", message)

    def associated(data):
        if ":regional/webacl/" not in data["WebACLArn"]:
            return waf._waf_err("WAFInvalidParameterException", "Error reason: The ARN isn't valid., field: RESOURCE_ARN")
        return associate(data) if there_is(data["ResourceArn"]) else missing()

    def disassociated(data):
        return disassociate(data) if there_is(data["ResourceArn"]) else missing()

    def got(data):
        if not there_is(data["ResourceArn"]):
            return missing()
        return get(data) if data["ResourceArn"] in waf._associations else json_response({})

    waf._associate_web_acl, waf._disassociate_web_acl, waf._get_web_acl_for_resource = associated, disassociated, got


def keep_logs_of_web_acls(waf):
    """MiniStack does not know where web ACLs write to: a setting of its own, which goes with the web ACL."""
    import json

    import ministack.services.cloudwatch_logs as logs
    from ministack.core.responses import json_response

    dispatch, delete, reset = waf.handle_request, waf._delete_web_acl, waf.reset
    kept = {}

    def refused(configuration):
        destinations = configuration["LogDestinationConfigs"]
        name = destinations[0].partition(":log-group:")[2].removesuffix(":*")
        if len(destinations) != 1 or not name.startswith("aws-waf-logs-"):
            return waf._waf_err("WAFInvalidParameterException", "Error reason: The ARN isn't valid., field: LOG_DESTINATION")
        if name not in logs._log_groups:
            return waf._waf_err("WAFLogDestinationPermissionIssueException", "Unable to deliver logs to the configured destination.")

    async def handle_request(method, path, headers, body, query_params):
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if not action.endswith("LoggingConfiguration"):
            return await dispatch(method, path, headers, body, query_params)
        data = json.loads(body)
        if action == "PutLoggingConfiguration":
            configuration = data["LoggingConfiguration"]
            wrong = refused(configuration)
            if wrong:
                return wrong
            kept[configuration["ResourceArn"]] = configuration
            return json_response({"LoggingConfiguration": configuration})
        if data["ResourceArn"] not in kept:
            return waf._waf_err("WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist.")
        if action == "DeleteLoggingConfiguration":
            del kept[data["ResourceArn"]]
            return json_response({})
        return json_response({"LoggingConfiguration": kept[data["ResourceArn"]]})

    def deleted(data):
        acl = waf._resource_from_scope(waf._web_acls, data.get("Id", ""), data.get("Scope", "REGIONAL"))
        answer = delete(data)
        if answer[0] == 200 and acl:
            kept.pop(acl["ARN"], None)
        return answer

    def forget():
        kept.clear()
        return reset()

    waf.handle_request, waf._delete_web_acl, waf.reset = handle_request, deleted, forget
