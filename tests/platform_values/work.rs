//! Work that can wait: the spot fleet, and the load test of every night.

use serde_json::{Value, json};

use super::named;
use crate::support::{Comparison, items, tag, texts};

/// `#!/bin/bash`, and the line that makes a machine join the cluster.
const JOINS: &str = "IyEvYmluL2Jhc2gKZWNobyBFQ1NfQ0xVU1RFUj1kamFuZ28tbWljcm9zZXJ2aWNlcy1jbHVzdGVyID4+IC9ldGMvZWNzL2Vjcy\
                     5jb25maWcKZWNobyBFQ1NfQVdTVlBDX0JMT0NLX0lNRFM9dHJ1ZSA+PiAvZXRjL2Vjcy9lY3MuY29uZmlnCg==";

pub fn compare(all: &mut Comparison<'_>) {
    fleet(all);
    load_test(all);
}

fn fleet(all: &mut Comparison<'_>) {
    let fleet = all.named("spot fleets", &named("fleet"));
    all.has("fleet", fleet, &json!({"SpotFleetRequestState": "active"}));
    let config = &fleet["SpotFleetRequestConfig"];
    let required = json!({
        "AllocationStrategy": "diversified", "TargetCapacity": 2, "Type": "maintain",
        "TerminateInstancesWithExpiration": true,
    });
    all.has("fleet", config, &required);
    let price = config["SpotPrice"].as_str().and_then(|price| price.parse::<f64>().ok());
    all.has("fleet's price", &json!(price), &json!(0.10));
    let role = all.the("roles", "RoleName", &named("fleet"));
    all.has("fleet", config, &json!({"IamFleetRole": role["Arn"]}));
    let trust = &role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"];
    all.lines("who plays the fleet's role", texts(trust), ["spotfleet.amazonaws.com"]);

    let machines = &config["LaunchSpecifications"];
    let types = items(machines).filter_map(|machine| machine["InstanceType"].as_str());
    all.lines("types of machines", types, ["c5.large", "c6i.large", "m5.large", "m6i.large"]);
    let (subnets, groups) = (all.names("subnets", "SubnetId"), all.names("security groups", "GroupId"));
    for machine in items(machines) {
        let what = format!("machines of type {}", machine["InstanceType"]);
        let disk = json!({"Encrypted": true, "VolumeType": "gp3", "VolumeSize": 30, "DeleteOnTermination": true});
        all.has(&what, &machine["BlockDeviceMappings"][0]["Ebs"], &disk);
        all.has(&what, machine, &json!({"UserData": JOINS, "IamInstanceProfile": {"Name": named("ecs-agent")}}));
        let image = machine["ImageId"].as_str().is_some_and(|image| image.starts_with("ami-"));
        all.has(&format!("{what} have an image"), &json!(image), &json!(true));
        let stands = machine["SubnetId"].as_str().unwrap_or_default().split(',');
        let stands = stands.filter_map(|id| subnets.get(id).copied());
        all.lines(&what, stands, ["a", "b", "c"].map(|zone| named(&format!("private-{zone}"))));
        let group = items(&machine["SecurityGroups"]).filter_map(|group| groups.get(group["GroupId"].as_str()?));
        all.lines(&what, group.copied(), [named("workers")]);
        let project = tag(&machine["TagSpecifications"][0], "Project").unwrap_or_default();
        all.has(&format!("{what} · tag Project"), &json!(project), &json!("django-microservices"));
    }
    let profile = all.the("instance profiles", "InstanceProfileName", &named("ecs-agent"));
    all.has("profile of the machines", &profile["Roles"][0], &json!({"RoleName": named("ecs-agent")}));
}

fn load_test(all: &mut Comparison<'_>) {
    let function = all.the("functions", "FunctionName", &named("load-test"));
    let required = json!({
        "Runtime": "provided.al2023", "Timeout": 900, "Handler": "bootstrap",
        "Environment": {"Variables": {"TEST_DURATION": "300", "CONCURRENT_USERS": "100"}},
    });
    all.has("load test", function, &required);
    // By a name that a certificate is for, which a load balancer's own is not.
    let target = function["Environment"]["Variables"]["TARGET_URL"].as_str().unwrap_or_default();
    let fits = target.starts_with("https://") && target.ends_with(".cloudfront.net/");
    all.has(&format!("{target} is the distribution's"), &json!(fits), &json!(true));
    let role = all.the("roles", "RoleName", &named("load-test"));
    all.has("load test", function, &json!({"Role": role["Arn"]}));
    let log = format!("/aws/lambda/{}", named("load-test"));
    let kept = all.the("log groups", "logGroupName", &log);
    all.has(&log, kept, &json!({"retentionInDays": 30}));

    let rule = all.the("event rules", "Name", &named("load-test-schedule"));
    all.has("schedule", rule, &json!({"ScheduleExpression": "cron(0 2 * * ? *)", "State": "ENABLED"}));
    let calls = items(&rule["Targets"]).filter_map(|target| target["Arn"].as_str());
    all.lines("what the schedule calls", calls, function["FunctionArn"].as_str());
    let policy = function["Policy"]["Policy"].as_str().unwrap_or_default();
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let allowed = json!({
        "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Condition": {"ArnLike": {"AWS:SourceArn": rule["Arn"]}},
    });
    all.has("who may call the load test", &policy["Statement"][0], &allowed);
}
