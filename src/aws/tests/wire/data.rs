//! What databases, caches and buckets answer in the hours in which the local cloud does not: at work, unreadable, another
//! account's. The refusals are quoted.

use std::collections::BTreeMap;

use infra_aws::budgets::Budget;
use infra_aws::elasticache::ReplicationGroup;
use infra_aws::rds::{Class, Database, DatabaseParameterGroup, Family, Password, Settings};
use infra_aws::s3::Bucket;
use infra_engine::live::{Ask, Behaviour, FaultKind, Order, Retag, State};
use infra_engine::model::{Ref, Tags, keys};

use crate::server::{Reply, Server, aws, json, xml};

const DATABASE: &str = include_str!("terraform/answers/database.xml");

fn ours() -> Ask {
    Ask { owner: "shop/prod".parse().ok(), ..Ask::default() }
}

fn tags(pairs: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    format!("<TagList>{}</TagList>", pairs.iter().map(tag).collect::<String>())
}

/// The recorded database with other tags, and with one of its texts in another way.
fn database(pairs: &[(&str, &str)], from: &str, to: &str) -> Reply {
    let text = DATABASE.replace(from, to);
    let start = text.find("<TagList>").unwrap_or_else(|| text.find("</DBInstance>").unwrap());
    let end = text.find("</TagList>").map_or(start, |end| end + "</TagList>".len());
    xml(200, &format!("{}{}{}", &text[..start], tags(pairs), &text[end..]))
}

#[tokio::test]
async fn a_database_that_reads_in_no_known_way_is_there_if_it_is_ours_and_nothing_if_it_is_not() {
    for (owner, found) in [("shop/prod", 1), ("other/prod", 0)] {
        let pairs = [(keys::OWNER, owner), (keys::ADDRESS, "database.postgres")];
        let live = database(&pairs, "<EngineVersion>16.4<", "<EngineVersion>nineteen<");
        let secret = json(200, r#"{"ARN": "a", "VersionIdsToStages": {"v1": ["AWSCURRENT"]}}"#);
        let replies = [("Action=DescribeDBInstances", live), ("secretsmanager.DescribeSecret", secret)];
        let server = Server::answering(replies).await;
        let read = Database::read(&aws(&server.url).await, &ours()).await.unwrap();
        assert_eq!(read.len(), found, "{owner}");
        let unreadable = |one: &State| matches!(one, State::Unreadable(why) if why.contains("`nineteen`"));
        assert!(read.iter().all(|one| one.id == "shop-db" && unreadable(&one.state)), "{read:?}");
    }
}

/// The platform's own password, from AWS's back: what is sent, in which order, and what is noted.
#[tokio::test]
async fn a_new_password_is_set_before_anybody_is_given_it() {
    let secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/db-AbCdEf";
    let noted = format!("{secret} v1");
    let pairs = [(keys::OWNER, "shop/prod"), ("infra:password", noted.as_str())];
    let text = "<MasterUserSecret>\n          <SecretArn>arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-AbCdEf</SecretArn>\n        </MasterUserSecret>";
    assert!(DATABASE.contains(text), "the recorded answer has it");
    let versions = r#"{"ARN": "a", "VersionIdsToStages": {"v1": ["AWSCURRENT"], "v2": ["infra-next"]}}"#;
    let value = r#"{"ARN": "a", "VersionId": "v2", "SecretString": "the-second"}"#;
    let server = Server::answering([
        ("Action=DescribeDBInstances", database(&pairs, text, "")),
        ("secretsmanager.DescribeSecret", json(200, versions)),
        ("secretsmanager.GetSecretValue", json(200, value)),
        ("Action=", Reply::Done),
    ])
    .await;
    let aws = aws(&server.url).await;
    let live = Database::read(&aws, &ours()).await.unwrap().pop().unwrap();
    let Password::FromSecret(told) = &live.definition.password else { panic!("{:?}", live.definition.password) };
    assert_eq!(told.value(), format!("{secret} (its current value is not in force yet)"));
    let wanted = Database { password: Password::FromSecret(Ref::known(secret)), ..live.definition.clone() };
    Database::update(&aws, &live, &wanted).await.unwrap();
    let sent: Vec<String> = server.requests();
    let at = |words: &str| sent.iter().position(|request| request.contains(words)).unwrap_or(usize::MAX);
    assert!(sent[at("Action=ModifyDBInstance")].contains("MasterUserPassword=the-second"));
    assert!(!sent[at("Action=ModifyDBInstance")].contains("ManageMasterUserPassword"), "AWS did not manage it");
    assert!(at("Action=ModifyDBInstance") < at("Action=AddTagsToResource"), "the note comes after: {sent:?}");
    assert!(!sent.iter().any(|request| request.contains("UpdateSecretVersionStage")), "nobody is given it yet");
}

/// The version of AWS's secret is told to whom it is given; a database of ours is there without it, too.
#[tokio::test]
async fn who_may_not_look_at_the_secret_of_a_database_sees_the_database() {
    let pairs = [(keys::OWNER, "shop/prod"), (keys::ADDRESS, "database.postgres")];
    let status = "<DBInstanceStatus>available</DBInstanceStatus>";
    let denied = json(400, r#"{"__type": "AccessDeniedException", "message": "no"}"#);
    let versions = json(200, r#"{"ARN": "a", "VersionIdsToStages": {"v7": ["AWSCURRENT"], "v6": ["AWSPREVIOUS"]}}"#);
    for (answer, version) in [(denied, None), (versions, Some("v7"))] {
        let live = database(&pairs, status, status);
        let server =
            Server::answering([("Action=DescribeDBInstances", live), ("secretsmanager.DescribeSecret", answer)]).await;
        let read = Database::read(&aws(&server.url).await, &ours()).await.unwrap();
        let [one] = &read[..] else { panic!("{read:?}") };
        let told = one.outputs.get(Database::SECRET_VERSION.name).map(String::as_str);
        assert_eq!((one.definition.password.clone(), told), (Password::ManagedByAws, version));
    }
}

/// A new class is pending for a while before RDS says that it is at work: a change has not come to rest then. What waits
/// for a maintenance window is nothing to wait for.
#[tokio::test]
async fn a_change_has_not_come_to_rest_before_it_has_begun() {
    let pending = "<DBInstanceStatus>available</DBInstanceStatus><PendingModifiedValues><DBInstanceClass>db.r6g.xlarge\
                   </DBInstanceClass></PendingModifiedValues>";
    let pairs = [(keys::OWNER, "shop/prod"), (keys::ADDRESS, "database.postgres")];
    let status = "<DBInstanceStatus>available</DBInstanceStatus>";
    assert!(DATABASE.contains(status), "the recorded answer has it");
    let replies = |live: Reply| {
        let versions = r#"{"ARN": "a", "VersionIdsToStages": {"v1": ["AWSCURRENT"]}}"#;
        [
            ("Action=DescribeDBInstances", live),
            ("secretsmanager.DescribeSecret", json(200, versions)),
            ("Action=", Reply::Done),
        ]
    };
    let before = Server::answering(replies(database(&pairs, status, status))).await;
    let clients = aws(&before.url).await;
    let ask = Ask::only(["shop-db".to_owned()]);
    let live = Database::read(&clients, &ask).await.unwrap().pop().unwrap();
    assert_eq!(
        live.outputs[Database::SECRET_VERSION.name],
        "v1",
        "who is given the password sees that it is another one"
    );
    let class: Class = "db.r6g.xlarge".parse().unwrap();
    assert_ne!(live.definition.class, class);
    let wanted = Database { class: class.clone(), ..live.definition.clone() };

    let after = Server::answering(replies(database(&pairs, status, pending))).await;
    let others = aws(&after.url).await;
    let waiting = Database::read(&others, &ask).await.unwrap().pop().unwrap();
    assert_eq!((&waiting.definition.class, &waiting.state), (&class, &State::Ready), "nobody here has sent it");
    Database::update(&others, &live, &Database { backups_kept: 9, ..wanted }).await.unwrap();
    assert!(after.requests().iter().any(|request| request.contains("Action=ModifyDBInstance")));
    let sent = Database::read(&others, &ask).await.unwrap().pop().unwrap();
    assert_eq!(sent.state, State::Pending("about to be modified".to_owned()));
}

const BUSY: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidReplicationGroupState</Code>\
                    <Message>Cluster not in available state to perform tagging operations.</Message></Error>\
                    <RequestId>req-xml</RequestId></ErrorResponse>";

#[tokio::test]
async fn a_cache_that_is_at_work_is_known_by_the_index() {
    let group = include_str!("terraform/answers/cache.xml");
    let nodes = include_str!("terraform/answers/cache-nodes.xml");
    let arn = group.split("<ARN>").nth(1).and_then(|rest| rest.split("</ARN>").next()).unwrap();
    let index = format!(
        r#"{{"ResourceTagMappingList": [{{"ResourceARN": "{arn}", "Tags": [{{"Key": "{}", "Value": "shop/prod"}}]}}]}}"#,
        keys::OWNER
    );
    let server = Server::answering([
        ("Action=DescribeReplicationGroups", xml(200, group)),
        ("Action=DescribeCacheClusters", xml(200, nodes)),
        ("Action=ListTagsForResource", xml(400, BUSY)),
        ("ResourceGroupsTaggingAPI", json(200, &index)),
    ])
    .await;
    // As a plan looks again at what it is about to change: by the identifier, and the services themselves.
    let ask = Ask::only(["shop-redis".to_owned()]);
    let read = ReplicationGroup::read(&aws(&server.url).await, &ask).await.unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].tags, Tags::from([(keys::OWNER.into(), "shop/prod".into())]));
}

/// A replication group that is being made, whose tags neither ElastiCache tells nor the index: it never had any, or they
/// are too new.
fn at_work() -> [(&'static str, Reply); 4] {
    let group = include_str!("terraform/answers/cache.xml").replace(">available<", ">snapshotting<");
    [
        ("Action=DescribeReplicationGroups", xml(200, &group)),
        ("Action=DescribeCacheClusters", xml(200, include_str!("terraform/answers/cache-nodes.xml"))),
        ("Action=ListTagsForResource", xml(400, BUSY)),
        ("ResourceGroupsTaggingAPI", json(200, r#"{"ResourceTagMappingList": []}"#)),
    ]
}

#[tokio::test]
async fn a_stranger_that_is_at_work_ends_no_command_and_what_is_asked_for_is_waited_for() {
    let server = Server::answering(at_work()).await;
    let clients = aws(&server.url).await;
    // Its name has the project's word in it, and nobody asks for it.
    assert!(ReplicationGroup::read(&clients, &ours()).await.unwrap().is_empty());
    let named = Ask { names: ["shop-redis".to_owned()].into(), ..ours() };
    for ask in [named, Ask::only(["shop-redis".to_owned()])] {
        let read = ReplicationGroup::read(&clients, &ask).await.unwrap();
        let [one] = &read[..] else { panic!("{read:?}") };
        let waits = State::Pending("snapshotting, and its tags are not told before it is available".to_owned());
        assert_eq!((one.id.as_str(), &one.state, one.tags.len()), ("shop-redis", &waits, 0));
    }
}

/// What is about to go is no more, whosever it was.
#[tokio::test]
async fn a_group_that_is_deleted_while_it_tells_no_tags_is_about_to_go() {
    let mut replies = at_work();
    let group = include_str!("terraform/answers/cache.xml").replace(">available<", ">deleting<");
    replies[0].1 = xml(200, &group);
    let server = Server::answering(replies).await;
    let read = ReplicationGroup::read(&aws(&server.url).await, &Ask::only(["shop-redis".to_owned()])).await.unwrap();
    assert_eq!(read[0].state, State::Leaving);
}

/// Whose a group is that tells no tags, nobody knows: it is neither taken for what an earlier try made, nor for somebody
/// else's, nor is it given anything.
#[tokio::test]
async fn a_group_that_tells_no_tags_is_not_judged_by_them() {
    let taken = "<ErrorResponse><Error><Type>Sender</Type><Code>ReplicationGroupAlreadyExists</Code><Message>taken\
                 </Message></Error><RequestId>req-xml</RequestId></ErrorResponse>";
    let server = Server::answering(
        at_work().into_iter().chain([("Action=CreateReplicationGroup", xml(400, taken))]).collect::<Vec<_>>(),
    )
    .await;
    let clients = aws(&server.url).await;
    let found = ReplicationGroup::read(&clients, &Ask::only(["shop-redis".to_owned()])).await.unwrap().pop().unwrap();
    let order = Order {
        address: "cache.redis".parse().unwrap(),
        definition: ReplicationGroup { token: None, ..found.definition.clone() },
        tags: Tags::from([(keys::OWNER.into(), "shop/prod".into()), (keys::ADDRESS.into(), "cache.redis".into())]),
        token: "0".repeat(32),
    };
    let fault = ReplicationGroup::create(&clients, &order).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
    let retag = Retag { set: order.tags.clone(), remove: Vec::new() };
    assert_eq!(ReplicationGroup::retag(&clients, &found, &retag).await.unwrap_err().kind, FaultKind::Busy);
    assert!(!server.requests().iter().any(|request| request.contains("Action=AddTagsToResource")));

    // Later it tells that it is another environment's.
    let theirs = tags(&[(keys::OWNER, "shop/dev")]);
    let listed = format!(
        "<ListTagsForResourceResponse><ListTagsForResourceResult>{theirs}</ListTagsForResourceResult></ListTagsForResourceResponse>"
    );
    let mut replies = at_work();
    replies[2].1 = xml(200, &listed);
    let server = Server::answering(replies).await;
    let fault = ReplicationGroup::retag(&aws(&server.url).await, &found, &retag).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.message.contains("belongs to shop/dev"), "{fault}");
}

/// A bucket whose policy denies everybody to look at its tags ends no command, as long as nobody asks for it.
#[tokio::test]
async fn a_stranger_that_lets_nobody_look_is_passed_over() {
    let list = "<ListAllMyBucketsResult><Buckets><Bucket><Name>my-shop-of-others</Name></Bucket></Buckets></ListAllMyBucketsResult>";
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let nothing = r#"{"ResourceTagMappingList": []}"#;
    let server = Server::answering([
        ("?tagging", xml(403, denied)),
        ("&tagging", xml(403, denied)),
        ("ResourceGroupsTaggingAPI", json(200, nothing)),
        ("GET /", xml(200, list)),
    ])
    .await;
    let clients = aws(&server.url).await;
    assert!(Bucket::read(&clients, &ours()).await.unwrap().is_empty());
    let named = Ask { names: ["my-shop-of-others".to_owned()].into(), ..ours() };
    let fault = Bucket::read(&clients, &named).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied, "it is asked for by name: {fault}");

    // Who may not read the index either does not know what is ours: then it is said.
    let server = Server::answering([
        ("?tagging", xml(403, denied)),
        ("&tagging", xml(403, denied)),
        ("ResourceGroupsTaggingAPI", json(400, r#"{"__type": "AccessDeniedException", "message": "no"}"#)),
        ("GET /", xml(200, list)),
    ])
    .await;
    assert_eq!(Bucket::read(&aws(&server.url).await, &ours()).await.unwrap_err().kind, FaultKind::Denied);
}

#[tokio::test]
async fn a_budget_of_others_is_never_looked_into_and_one_of_ours_is_there_however_it_reads() {
    let caller = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/a</Arn>\
                  <UserId>a</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let budget = r#"{"Budgets": [{"BudgetName": "shop-cost", "BudgetLimit": {"Amount": "a lot", "Unit": "USD"},
                     "TimeUnit": "MONTHLY", "BudgetType": "COST"}]}"#;
    let notified = r#"{"BudgetNotificationsForAccount": [{"BudgetName": "shop-cost", "Notifications": [
                       {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}]}]}"#;
    for (owner, found) in [("shop/prod", 1), ("other/prod", 0)] {
        let tags = format!(r#"{{"ResourceTags": [{{"Key": "{}", "Value": "{owner}"}}]}}"#, keys::OWNER);
        let server = Server::answering([
            ("Action=GetCallerIdentity", xml(200, caller)),
            ("DescribeBudgetNotificationsForAccount", json(200, notified)),
            ("DescribeSubscribersForNotification", json(200, r#"{"Subscribers": []}"#)),
            ("DescribeBudgets", json(200, budget)),
            ("ResourceGroupsTaggingAPI", json(200, r#"{"ResourceTagMappingList": []}"#)),
            ("ListTagsForResource", json(200, &tags)),
        ])
        .await;
        let read = Budget::read(&aws(&server.url).await, &ours()).await.unwrap();
        assert_eq!(read.len(), found, "{owner}");
        assert!(read.iter().all(|one| matches!(one.state, State::Unreadable(_))), "{read:?}");
        let asked = server.requests().iter().any(|request| request.contains("DescribeSubscribersForNotification"));
        assert_eq!(asked, found == 1, "nobody looks into what is somebody else's");
    }
}

#[tokio::test]
async fn a_bucket_of_ones_own_in_another_region_is_named_with_it() {
    let moved = "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed \
                 using the specified endpoint.</Message></Error>";
    let list = "<ListAllMyBucketsResult><Buckets><Bucket><Name>shop</Name><BucketRegion>us-west-2</BucketRegion></Bucket>\
                </Buckets></ListAllMyBucketsResult>";
    let server =
        Server::answering([("?tagging", xml(301, moved)), ("&tagging", xml(301, moved)), ("GET /", xml(200, list))])
            .await;
    let order = Order {
        address: "cdn.assets".parse().unwrap(),
        definition: Bucket::closed("shop"),
        tags: BTreeMap::new(),
        token: "0".repeat(32),
    };
    let fault = Bucket::create(&aws(&server.url).await, &order).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Exists);
    assert!(fault.message.contains("it is in region us-west-2"), "{fault}");
}

const TAKEN: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>DBParameterGroupAlreadyExists</Code>\
                     <Message>Parameter group shop-pg already exists</Message></Error></ErrorResponse>";

/// A group of another family is made while the database still uses the one before, which has the same name.
#[tokio::test]
async fn a_parameter_group_of_another_family_takes_a_second_name() {
    let group = "<DescribeDBParameterGroupsResponse><DescribeDBParameterGroupsResult><DBParameterGroups><DBParameterGroup>\
                 <DBParameterGroupName>shop-pg</DBParameterGroupName><DBParameterGroupFamily>postgres16</DBParameterGroupFamily>\
                 <Description>Databases</Description><DBParameterGroupArn>arn:aws:rds:eu-central-1:1:pg:shop-pg</DBParameterGroupArn>\
                 </DBParameterGroup></DBParameterGroups></DescribeDBParameterGroupsResult></DescribeDBParameterGroupsResponse>";
    let none = "<DescribeDBParametersResponse><DescribeDBParametersResult><Parameters/></DescribeDBParametersResult>\
                </DescribeDBParametersResponse>";
    let retired = [(keys::OWNER, "shop/prod"), (keys::ADDRESS, "database.parameters"), (keys::RETIRED, "true")];
    for (pairs, made) in [(&retired[..], true), (&retired[..2], false), (&retired[1..], false)] {
        let tags = format!(
            "<ListTagsForResourceResponse><ListTagsForResourceResult>{}</ListTagsForResourceResult></ListTagsForResourceResponse>",
            tags(pairs)
        );
        let server = Server::answering([
            ("DBParameterGroupName=shop-pg&DBParameterGroupFamily=postgres17", xml(400, TAKEN)),
            ("Action=CreateDBParameterGroup", Reply::Done),
            ("Action=DescribeDBParameterGroups", xml(200, group)),
            ("Action=DescribeDBParameters&", xml(200, none)),
            ("Action=ListTagsForResource", xml(200, &tags)),
        ])
        .await;
        let order = Order {
            address: "database.parameters".parse().unwrap(),
            definition: DatabaseParameterGroup {
                name: "shop-pg".into(),
                family: Family::Postgres17,
                description: "Databases".into(),
                parameters: Settings::new(),
            },
            tags: retired[..2].iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            token: String::new(),
        };
        let answer = DatabaseParameterGroup::create(&aws(&server.url).await, &order).await;
        let sent = server.requests().iter().filter(|request| request.contains("Action=CreateDBParameterGroup")).count();
        match (made, pairs.len()) {
            (true, _) => {
                let name = answer.unwrap();
                assert!(name.starts_with("shop-pg-") && name.len() == "shop-pg-1234".len(), "{name}");
                assert_eq!(sent, 2);
            }
            // It was made by this very order, in an earlier try.
            (false, 2) if pairs[0].0 == keys::OWNER => assert_eq!((answer.unwrap().as_str(), sent), ("shop-pg", 1)),
            _ => assert_eq!((answer.unwrap_err().kind, sent), (FaultKind::Exists, 1), "it is somebody else's"),
        }
    }
}
