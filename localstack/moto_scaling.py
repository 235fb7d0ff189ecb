"""Changes to moto's Application Auto Scaling, so that it works beside an ECS that is in another emulator.

Each change is one small function that says why it is there. It never scales anything: targets are only remembered.
"""

import json
import re


def install():
    trust_services_elsewhere()
    keep_tags()
    require_targets()
    keep_policies_whole()
    follow_a_metric_once()
    drop_what_hangs_on_a_target()
    page_as_aws_does()
    fill_in_what_aws_decides()


def trust_services_elsewhere():
    """moto looks for the ECS service in its own store, but the services are in MiniStack."""
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend as Backend

    Backend._ecs_service_exists_for_target = lambda self, resource_id: True


def keep_tags():
    """moto drops the tags of scalable targets and has none of their calls; ownership is written there."""
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

    register = Response.register_scalable_target

    def tagged(self, arn):
        for targets in self.applicationautoscaling_backend.targets.values():
            for target in targets.values():
                if target.arn == arn:
                    target.tags = getattr(target, "tags", {})
                    return target.tags
        raise refusal("ResourceNotFoundException", f"The scalable target with the ARN {arn} does not exist.")

    def register_scalable_target(self):
        answer = register(self)
        tagged(self, json.loads(answer)["ScalableTargetARN"]).update(self._get_param("Tags") or {})
        return answer

    def tag_resource(self):
        tagged(self, self._get_param("ResourceARN")).update(self._get_param("Tags") or {})
        return "{}"

    def untag_resource(self):
        tags = tagged(self, self._get_param("ResourceARN"))
        for key in self._get_param("TagKeys") or []:
            tags.pop(key, None)
        return "{}"

    def list_tags_for_resource(self):
        return json.dumps({"Tags": tagged(self, self._get_param("ResourceARN"))})

    for call in (register_scalable_target, tag_resource, untag_resource, list_tags_for_resource):
        setattr(Response, call.__name__, call)


def require_targets():
    """AWS refuses policies and scheduled actions without their target, and deleting what is not there; moto takes them."""
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

    def with_target(call):
        def checked(self):
            place = [self._get_param(name) for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")]
            if not self.applicationautoscaling_backend._scalable_target_exists(place[1], place[2]):
                raise refusal("ObjectNotFoundException", "No scalable target registered for service namespace: {}, "
                              "resource ID: {}, scalable dimension: {}".format(*place))
            return call(self)
        return checked

    def missing_is_not_found(call):
        from moto.applicationautoscaling.exceptions import AWSValidationException

        def sorted_out(self):
            try:
                return call(self)
            except AWSValidationException as error:
                if error.message.startswith("No scal"):
                    raise refusal("ObjectNotFoundException", error.message) from None
                raise
        return sorted_out

    def known_action(call):
        def checked(self):
            found = self.applicationautoscaling_backend.describe_scheduled_actions(
                [self._get_param("ScheduledActionName")], self._get_param("ServiceNamespace"),
                self._get_param("ResourceId"), self._get_param("ScalableDimension"))
            if not found:
                raise refusal("ObjectNotFoundException", f"No scheduled action found: {self._get_param('ScheduledActionName')}")
            return call(self)
        return checked

    Response.put_scaling_policy = with_target(Response.put_scaling_policy)
    Response.put_scheduled_action = with_target(Response.put_scheduled_action)
    Response.deregister_scalable_target = missing_is_not_found(Response.deregister_scalable_target)
    Response.delete_scaling_policy = missing_is_not_found(Response.delete_scaling_policy)
    Response.delete_scheduled_action = known_action(Response.delete_scheduled_action)


def keep_policies_whole():
    """moto refuses predictive policies, and gives a policy another ARN at every update, which breaks the alarms that call it."""
    from moto.applicationautoscaling import models, responses

    Policy, Backend = models.FakeApplicationAutoscalingPolicy, models.ApplicationAutoscalingBackend
    Response = responses.ApplicationAutoScalingResponse
    make, put, build, respond = Policy.__init__, Backend.put_scaling_policy, responses._build_policy, Response.put_scaling_policy

    def __init__(self, **fields):
        predictive = fields["policy_type"] == "PredictiveScaling"
        make(self, **{**fields, "policy_type": "StepScaling"} if predictive else fields)
        if predictive:
            self.policy_type, self.step_scaling_policy_configuration = "PredictiveScaling", None

    def put_scaling_policy(self, policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type):
        old = self.policies.get(Policy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name))
        new = put(self, policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type)
        if old is not None:
            old.delete_alarms(self.account_id, self.region_name)
            new.policy_arn, new.creation_time = old.policy_arn, old.creation_time
        return new

    def put_scaling_policy_call(self):
        # The original reads two of the three configurations, under one name; it is given the third under that name.
        predictive = self._get_param("PredictiveScalingPolicyConfiguration")
        if predictive is None:
            return respond(self)
        fields = json.loads(self.body)
        fields["StepScalingPolicyConfiguration"] = fields.pop("PredictiveScalingPolicyConfiguration")
        self.body = json.dumps(fields)
        return respond(self)

    def _build_policy(policy):
        document = build(policy)
        if policy.policy_type == "PredictiveScaling":
            document["PredictiveScalingPolicyConfiguration"] = policy._policy_body
        return document

    Policy.__init__, Backend.put_scaling_policy = __init__, put_scaling_policy
    Response.put_scaling_policy, responses._build_policy = put_scaling_policy_call, _build_policy


def follow_a_metric_once():
    """AWS refuses a second policy of a target that tracks the same predefined metric; moto takes it."""
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend as Backend

    put = Backend.put_scaling_policy

    def metric(body):
        specification = (body or {}).get("PredefinedMetricSpecification") or {}
        return specification.get("PredefinedMetricType"), specification.get("ResourceLabel")

    def put_scaling_policy(self, policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type):
        place = service_namespace, resource_id, scalable_dimension
        if policy_type == "TargetTrackingScaling" and metric(policy_body)[0]:
            for other in self.policies.values():
                same = (other.service_namespace, other.resource_id, other.scalable_dimension) == place
                if same and other.policy_name != policy_name and other.policy_type == policy_type and (
                        metric(other.target_tracking_scaling_policy_configuration) == metric(policy_body)):
                    raise refusal("ValidationException", "Only one TargetTrackingScaling policy for a given metric specification is allowed.")
        return put(self, policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type)

    Backend.put_scaling_policy = put_scaling_policy


def drop_what_hangs_on_a_target():
    """AWS deletes a target's policies and scheduled actions with it; moto leaves them."""
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend as Backend

    deregister = Backend.deregister_scalable_target

    def deregister_scalable_target(self, namespace, resource_id, dimension):
        deregister(self, namespace, resource_id, dimension)

        def hangs_on_it(thing):
            return (thing.service_namespace, thing.resource_id, thing.scalable_dimension) == (namespace, resource_id, dimension)

        self.scheduled_actions = [action for action in self.scheduled_actions if not hangs_on_it(action)]
        for key, policy in list(self.policies.items()):
            if hangs_on_it(policy):
                policy.delete_alarms(self.account_id, self.region_name)
                del self.policies[key]

    Backend.deregister_scalable_target = deregister_scalable_target


def page_as_aws_does():
    """moto's third page of targets repeats the first, it has no pages of actions, and names of policies do not filter."""
    from moto.applicationautoscaling import responses
    Response = responses.ApplicationAutoScalingResponse

    def page(self, key, documents):
        start, most = int(self._get_param("NextToken") or 0), self._get_int_param("MaxResults") or 50
        answer = {key: documents[start:start + most]}
        if start + most < len(documents):
            answer["NextToken"] = str(start + most)
        return json.dumps(answer)

    def place(self):
        return self._get_param("ServiceNamespace"), self._get_param("ResourceId"), self._get_param("ScalableDimension")

    def describe_scalable_targets(self):
        self._validate_params()
        targets = self.applicationautoscaling_backend.describe_scalable_targets(
            self._get_param("ServiceNamespace"), self._get_param("ResourceIds"), self._get_param("ScalableDimension"))
        return page(self, "ScalableTargets", [responses._build_target(target) for target in targets])

    def describe_scheduled_actions(self):
        actions = self.applicationautoscaling_backend.describe_scheduled_actions(
            self._get_param("ScheduledActionNames"), *place(self))
        return page(self, "ScheduledActions", [responses._build_scheduled_action(action) for action in actions])

    def describe_scaling_policies(self):
        namespace, resource, dimension = place(self)
        names = self._get_param("PolicyNames")
        policies = [policy for policy in self.applicationautoscaling_backend.policies.values()
                    if policy.service_namespace == namespace and resource in (None, policy.resource_id)
                    and dimension in (None, policy.scalable_dimension) and (not names or policy.policy_name in names)]
        return page(self, "ScalingPolicies", [responses._build_policy(policy) for policy in policies])

    for call in (describe_scalable_targets, describe_scheduled_actions, describe_scaling_policies):
        setattr(Response, call.__name__, call)


def fill_in_what_aws_decides():
    """AWS always answers the suspended state and the service-linked role of a target; moto answers null.

    And AWS keeps absent what was not given, where moto writes null.
    """
    from moto.applicationautoscaling import responses

    build_target, build_action = responses._build_target, responses._build_scheduled_action
    suffixes = {"ecs": "ECSService", "ec2": "EC2SpotFleetRequest", "rds": "RDSCluster", "dynamodb": "DynamoDBTable"}

    def _build_target(target):
        account = re.split(":", target.arn)[4]
        suspended = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
        document = build_target(target)
        document["SuspendedState"] = {**suspended, **(target.suspended_state or {})}
        if not target.role_arn:
            name = suffixes.get(target.service_namespace, "CustomResource")
            document["RoleARN"] = (f"arn:aws:iam::{account}:role/aws-service-role/{target.service_namespace}.application-autoscaling"
                                   f".amazonaws.com/AWSServiceRoleForApplicationAutoScaling_{name}")
        return document

    responses._build_target = _build_target
    responses._build_scheduled_action = lambda action: {
        key: value for key, value in build_action(action).items() if value is not None}


def refusal(code: str, message: str):
    """An error in the service's own form."""
    from moto.core.exceptions import JsonRESTError

    error = JsonRESTError(code, message)
    error.code = 400
    return error
