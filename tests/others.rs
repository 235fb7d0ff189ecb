//! What is not ours is never touched: not by plan, not by apply, not by destroy. It is taken over only when asked.

use serde_json::{Value, json};

use crate::support::{Project, difference, inventory_lines, snapshot};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// Somebody else makes a role, a cluster and a log group of our names, and a network of our addresses.
fn with_others() -> Project {
    let project = Project::new();
    let client = &project.client;
    let role = [("RoleName", "shop-user-service-task"), ("AssumeRolePolicyDocument", TRUST)];
    client.iam("CreateRole", &role);
    client.ecs("CreateCluster", &json!({"clusterName": "shop-cluster"}));
    client.logs("CreateLogGroup", &json!({"logGroupName": "/ecs/shop/user-service"}));
    client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    project
}

#[test]
fn a_name_that_somebody_else_has_is_reported_by_the_plan_and_nothing_is_touched() {
    let project = with_others();
    let before = snapshot(&project.client);
    let run = project.plan().ended(1);
    for address in ["cluster.user-service-task", "cluster.cluster", "cluster.user-service-logs"] {
        assert!(run.said(&format!("infra adopt {address}")), "it says how to take {address} over\n{run}");
    }
    run.not_saying("infra adopt network.vpc");
    let lines = project.run(&["plan", "--env", "test", "--json"]).ended(1).lines();
    assert_eq!(lines.iter().filter(|line| line["type"] == "diagnostic").count(), 3);
    project.apply().ended(1);
    project.destroy();
    let left = difference(&before, &snapshot(&project.client));
    let of_ours: Vec<&str> = left.lines().filter(|line| !line.contains("bucket infra-")).collect();
    assert!(of_ours.is_empty(), "{of_ours:?}");
}

#[test]
fn what_is_adopted_is_only_tagged_then_brought_into_shape_and_goes_with_the_rest() {
    let project = with_others();
    let before = snapshot(&project.client);
    project.run(&["adopt", "cluster.cluster", "--env", "test", "--yes"]).ended(0);
    let adopted = difference(&before, &snapshot(&project.client));
    let changed: Vec<&str> = adopted.lines().filter(|line| !line.contains("bucket infra-")).collect();
    assert_eq!(changed.len(), 2, "the cluster's tags before and after: {changed:#?}");
    assert!(changed.iter().all(|line| line.contains("shop-cluster")), "{changed:#?}");

    project.run(&["adopt", "--all", "--env", "test", "--yes"]).ended(0);
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
    let clean = Project::new();
    clean.client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    clean.apply().ended(0);
    let as_if_made = difference(&snapshot(&clean.client), &snapshot(&project.client));
    assert_eq!(as_if_made, "", "as if it had made all of it itself");
    project.destroy().ended(0);
    let left = snapshot(&project.client);
    assert!(left.iter().any(|line| line.contains("10.0.0.0/16")), "the other network stands: {left:#?}");
    assert!(!left.iter().any(|line| line.contains("shop")), "{left:#?}");
}

#[test]
fn what_is_forgotten_stays_and_is_nobodys() {
    let project = Project::new();
    project.apply().ended(0);
    project.run(&["forget", "cluster.cluster", "--env", "test", "--yes"]).ended(0);
    let clusters = json!({"clusters": ["shop-cluster"], "include": ["TAGS"]});
    let cluster = &project.client.ecs("DescribeClusters", &clusters)["clusters"][0];
    assert_eq!(cluster["status"], "ACTIVE");
    assert!(!cluster["tags"].to_string().contains("infra:"), "{cluster}");
    project.plan().ended(1).saying("infra adopt cluster.cluster");
    project.destroy().ended(0);
    assert_eq!(project.client.ecs("DescribeClusters", &clusters)["clusters"][0]["status"], "ACTIVE");
}

#[test]
fn what_another_tool_has_made_is_taken_over_whole_and_nothing_is_made_again() {
    let project = Project::new();
    project.apply().ended(0);
    // Beside it stand a network like ours with somebody else's tags, and a role with our tags that nothing wants.
    let stranger = [("CidrBlock", "10.0.0.0/16"), ("TagSpecification.1.ResourceType", "vpc")];
    let tags = [("TagSpecification.1.Tag.1.Key", "Project"), ("TagSpecification.1.Tag.1.Value", "another")];
    project.client.ec2("CreateVpc", &[stranger, tags].concat());
    let role = [("RoleName", "shop-old"), ("AssumeRolePolicyDocument", TRUST)];
    let ours = [("Tags.member.1.Key", "Project"), ("Tags.member.1.Value", "shop")];
    let too = [("Tags.member.2.Key", "Environment"), ("Tags.member.2.Value", "test")];
    project.client.iam("CreateRole", &[role, ours, too].concat());
    let made = snapshot(&project.client);
    // Another tool's resources bear the same names and tags, and none of ours.
    let owned = project.run(&["owned", "--env", "test", "--json"]).ended(0).lines();
    let owned = owned.iter().filter(|line| line["type"] == "owned").map(|line| &line["resource"]);
    // Rules belong to whoever their group belongs to.
    for one in owned.filter(|one| one["kind"] != "ec2/security-group-rules") {
        let what = format!("{}/{}", one["kind"].as_str().unwrap(), one["id"].as_str().unwrap());
        project.run(&["forget", &what, "--env", "test", "--yes"]).ended(0);
    }
    let nobodys = project.run(&["owned", "--env", "test"]).ended(0);
    assert!(!nobodys.said("network."), "nothing is ours any more\n{nobodys}");

    let run = project.run(&["adopt", "--all", "--env", "test", "--yes"]).ended(0);
    run.saying("0 added").saying("0 destroyed").saying("infra adopt ADDRESS shop-old");
    project.plan().ended(0).saying("No changes.");
    let after = snapshot(&project.client);
    // What belongs to its parent is told from others by it alone: that it was applied is not noted there any more.
    let told = difference(&made, &after).replace("(spec) (spec)", "(spec)");
    let (before, after): (Vec<&str>, Vec<&str>) =
        told.lines().filter(|line| !line.contains("bucket infra-")).partition(|line| line.starts_with('-'));
    let bare = |lines: &[&str]| lines.iter().map(|line| line[1..].to_owned()).collect::<Vec<_>>();
    assert_eq!(bare(&before), bare(&after));
}

#[test]
fn two_environments_of_one_account_do_not_meet() {
    let project = Project::new();
    project.apply().ended(0);
    let text = project.environment().replace("\"shop\"", "\"store\"").replace("\"test\"", "\"second\"");
    let text = text.replace("10.0.0.0/16", "10.1.0.0/16");
    std::fs::write(project.folder().join("environments/second.toml"), text).unwrap();
    project.run(&["apply", "--env", "second", "--yes"]).ended(0).saying("34 added");
    project.plan().ended(0).saying("No changes.");
    project.run(&["destroy", "--env", "second", "--yes", "--allow-destroy", "34"]).ended(0).saying("34 destroyed");
    project.plan().ended(0).saying("No changes.");
    project.run(&["history", "--env", "test"]).ended(0).saying("complete");
}

/// What colleagues and other services attach to what is ours: a statement in a bucket's policy and in a topic's, a
/// permission to call a function, a queue that hears of a topic.
#[test]
fn what_others_attach_to_ours_is_told_and_stays() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    let client = &project.client;
    let bucket = client.buckets().into_iter().find(|name| name.contains("-assets-")).expect("assets are in a bucket");
    let policy =
        || -> Value { serde_json::from_str(&client.s3("GET", &format!("/{bucket}?policy"), b"").text()).unwrap() };
    let refuses = json!({ "Bool": { "aws:SecureTransport": ["false"] } });
    let refused = policy()["Statement"].as_array().unwrap().iter().any(|one| one["Condition"] == refuses);
    assert!(refused, "nobody is answered in the clear: {}", policy());

    let mut with_theirs = policy();
    with_theirs["Statement"].as_array_mut().unwrap().insert(
        0,
        json!({
            "Sid": "AuditReads", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/*"),
        }),
    );
    client.s3("PUT", &format!("/{bucket}?policy"), with_theirs.to_string().as_bytes());
    let permission = json!({
        "StatementId": "from-the-console", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com",
        "SourceAccount": client.account,
    });
    client.lambda("POST", "shop-load-test/policy", &permission);
    let topic = format!("arn:aws:sns:us-east-1:{}:shop-alarms", client.account);
    let queue = format!("arn:aws:sqs:us-east-1:{}:pager", client.account);
    client.sns("Subscribe", &[("TopicArn", &topic), ("Protocol", "sqs"), ("Endpoint", &queue)]);
    let attributes = || client.sns("GetTopicAttributes", &[("TopicArn", &topic)]);
    let said = attributes()
        .all("entry")
        .iter()
        .find(|one| one.first("key") == Some("Policy"))
        .unwrap()
        .first("value")
        .unwrap()
        .to_owned();
    let mut said: Value = serde_json::from_str(&said).unwrap();
    said["Statement"].as_array_mut().unwrap().push(json!({
        "Sid": "PagerPublishes", "Effect": "Allow", "Principal": { "AWS": client.account },
        "Action": "sns:Publish", "Resource": topic,
    }));
    let said = said.to_string();
    let set = [("TopicArn", topic.as_str()), ("AttributeName", "Policy"), ("AttributeValue", &said)];
    client.sns("SetTopicAttributes", &set);
    let before = inventory_lines(client);

    let told = ["AuditReads, which allows s3:GetObject", "from-the-console", ":pager", "PagerPublishes, which allows"];
    let run = project.plan().ended(0).saying("No changes.");
    told.iter().fold(run, |run, part| run.saying(part));
    project.apply().ended(0).saying("0 added, 0 changed, 0 destroyed");
    assert_eq!(difference(&before, &inventory_lines(client)), "");

    // Ours is brought back, and theirs stays beside it.
    let mut opened = with_theirs.clone();
    opened["Statement"].as_array_mut().unwrap().retain(|one| one["Sid"] == "AuditReads");
    client.s3("PUT", &format!("/{bucket}?policy"), opened.to_string().as_bytes());
    project.apply().ended(0).saying("0 added, 1 changed, 0 destroyed");
    assert_eq!(difference(&before, &inventory_lines(client)), "");
    project.destroy().ended(0).saying("Destroy complete!");
}
