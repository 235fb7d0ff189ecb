//! What Terraform calls a kind and its fields. Only names whose values mean the same stand here: a rule that asks for
//! `cidr_block` gets one, and a value that Terraform writes in another form keeps the name that it has here.

/// What Terraform calls a kind.
pub(super) struct Named {
    /// The resource type.
    pub of_type: String,
    kind: String,
    fields: &'static [(&'static str, &'static str)],
}

impl Named {
    /// The names of a kind. What Terraform has no type for is named after itself.
    pub fn of(kind: &str) -> Named {
        let (of_type, fields) = match KINDS.iter().find(|(ours, _, _)| *ours == kind) {
            Some((_, of_type, fields)) => ((*of_type).to_owned(), *fields),
            None => (format!("infra_{}", kind.replace(['/', '-'], "_")), Default::default()),
        };
        Named { of_type, kind: kind.to_owned(), fields }
    }

    /// The attribute that a field is.
    pub fn attribute<'a>(&self, field: &'a str) -> &'a str {
        self.fields.iter().find(|(ours, _)| *ours == field).map_or(field, |(_, theirs)| theirs)
    }

    /// True for what is a document here and a text there.
    pub fn is_text(&self, field: &str) -> bool {
        TEXTS.contains(&(self.kind.as_str(), field))
    }
}

/// Fields, by kind, whose attribute holds JSON as a text.
const TEXTS: &[(&str, &str)] = &[("events/rule", "pattern"), ("iam/role", "trust"), ("s3/bucket-policy", "policy")];

type Kind = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Every kind that is one Terraform type: kind, type, and the fields that it calls otherwise.
const KINDS: &[Kind] = &[
    ("autoscaling/predictive-policy", "aws_appautoscaling_policy", &[]),
    (
        "autoscaling/scalable-target",
        "aws_appautoscaling_target",
        &[("minimum", "min_capacity"), ("maximum", "max_capacity"), ("resource", "resource_id")],
    ),
    ("autoscaling/scheduled-action", "aws_appautoscaling_scheduled_action", &[("zone", "timezone")]),
    ("autoscaling/step-policy", "aws_appautoscaling_policy", &[]),
    ("autoscaling/target-tracking-policy", "aws_appautoscaling_policy", &[]),
    ("budgets/budget", "aws_budgets_budget", &[]),
    (
        "cloudfront/distribution",
        "aws_cloudfront_distribution",
        &[("root_object", "default_root_object"), ("ipv6", "is_ipv6_enabled"), ("web_acl", "web_acl_id")],
    ),
    ("cloudfront/origin-access-control", "aws_cloudfront_origin_access_control", &[]),
    ("cloudfront/response-headers-policy", "aws_cloudfront_response_headers_policy", &[]),
    ("costs/anomaly-monitor", "aws_ce_anomaly_monitor", &[]),
    ("costs/anomaly-subscription", "aws_ce_anomaly_subscription", &[]),
    ("ec2/elastic-ip", "aws_eip", &[]),
    ("ec2/internet-gateway", "aws_internet_gateway", &[("vpc", "vpc_id")]),
    ("ec2/nat-gateway", "aws_nat_gateway", &[("subnet", "subnet_id")]),
    ("ec2/route-table", "aws_route_table", &[("vpc", "vpc_id")]),
    ("ec2/security-group", "aws_security_group", &[("vpc", "vpc_id")]),
    (
        "ec2/spot-fleet",
        "aws_spot_fleet_request",
        &[("role", "iam_fleet_role"), ("capacity", "target_capacity"), ("maximum_price", "spot_price")],
    ),
    (
        "ec2/subnet",
        "aws_subnet",
        &[
            ("vpc", "vpc_id"),
            ("cidr", "cidr_block"),
            ("zone", "availability_zone"),
            ("public_ips", "map_public_ip_on_launch"),
        ],
    ),
    (
        "ec2/vpc",
        "aws_vpc",
        &[("cidr", "cidr_block"), ("dns_support", "enable_dns_support"), ("dns_hostnames", "enable_dns_hostnames")],
    ),
    ("ecs/cluster", "aws_ecs_cluster", &[]),
    (
        "ecs/service",
        "aws_ecs_service",
        &[
            ("task", "task_definition"),
            ("grace", "health_check_grace_period_seconds"),
            ("execute_command", "enable_execute_command"),
        ],
    ),
    (
        "ecs/task-definition",
        "aws_ecs_task_definition",
        &[("task_role", "task_role_arn"), ("execution_role", "execution_role_arn")],
    ),
    ("elasticache/parameter-group", "aws_elasticache_parameter_group", &[]),
    (
        "elasticache/replication-group",
        "aws_elasticache_replication_group",
        &[
            ("name", "replication_group_id"),
            ("node", "node_type"),
            ("shards", "num_node_groups"),
            ("replicas", "replicas_per_node_group"),
            ("subnets", "subnet_group_name"),
            ("parameters", "parameter_group_name"),
            ("security_groups", "security_group_ids"),
            ("snapshots_kept", "snapshot_retention_limit"),
            ("minor_upgrades", "auto_minor_version_upgrade"),
        ],
    ),
    ("elasticache/subnet-group", "aws_elasticache_subnet_group", &[("subnets", "subnet_ids")]),
    ("elb/listener", "aws_lb_listener", &[("load_balancer", "load_balancer_arn")]),
    ("elb/listener-rule", "aws_lb_listener_rule", &[("listener", "listener_arn")]),
    (
        "elb/load-balancer",
        "aws_lb",
        &[
            ("idle_seconds", "idle_timeout"),
            ("http2", "enable_http2"),
            ("drops_invalid_headers", "drop_invalid_header_fields"),
            ("desync", "desync_mitigation_mode"),
            ("deletion_protection", "enable_deletion_protection"),
        ],
    ),
    (
        "elb/target-group",
        "aws_lb_target_group",
        &[
            ("vpc", "vpc_id"),
            ("deregistration_seconds", "deregistration_delay"),
            ("slow_start_seconds", "slow_start"),
            ("algorithm", "load_balancing_algorithm_type"),
        ],
    ),
    ("events/rule", "aws_cloudwatch_event_rule", &[("pattern", "event_pattern")]),
    ("events/target", "aws_cloudwatch_event_target", &[("role", "role_arn")]),
    ("iam/instance-profile", "aws_iam_instance_profile", &[]),
    (
        "iam/role",
        "aws_iam_role",
        &[
            ("trust", "assume_role_policy"),
            ("longest_session", "max_session_duration"),
            ("attached", "managed_policy_arns"),
            ("boundary", "permissions_boundary"),
        ],
    ),
    ("lambda/function", "aws_lambda_function", &[("name", "function_name"), ("memory", "memory_size")]),
    ("lambda/permission", "aws_lambda_permission", &[("function", "function_name"), ("statement", "statement_id")]),
    ("logs/log-group", "aws_cloudwatch_log_group", &[("retention", "retention_in_days"), ("key", "kms_key_id")]),
    (
        "rds/instance",
        "aws_db_instance",
        &[
            ("name", "identifier"),
            ("class", "instance_class"),
            ("encrypted", "storage_encrypted"),
            ("key", "kms_key_id"),
            ("database", "db_name"),
            ("user", "username"),
            ("subnets", "db_subnet_group_name"),
            ("parameters", "parameter_group_name"),
            ("security_groups", "vpc_security_group_ids"),
            ("public", "publicly_accessible"),
            ("minor_upgrades", "auto_minor_version_upgrade"),
        ],
    ),
    ("rds/parameter-group", "aws_db_parameter_group", &[]),
    (
        "rds/replica",
        "aws_db_instance",
        &[
            ("name", "identifier"),
            ("source", "replicate_source_db"),
            ("class", "instance_class"),
            ("parameters", "parameter_group_name"),
            ("security_groups", "vpc_security_group_ids"),
            ("public", "publicly_accessible"),
            ("minor_upgrades", "auto_minor_version_upgrade"),
        ],
    ),
    ("rds/subnet-group", "aws_db_subnet_group", &[("subnets", "subnet_ids")]),
    ("s3/bucket", "aws_s3_bucket", &[("name", "bucket")]),
    ("s3/bucket-policy", "aws_s3_bucket_policy", &[]),
    ("secretsmanager/secret", "aws_secretsmanager_secret", &[("key", "kms_key_id")]),
    ("waf/web-acl", "aws_wafv2_web_acl", &[]),
    ("waf/web-acl-association", "aws_wafv2_web_acl_association", &[]),
];
