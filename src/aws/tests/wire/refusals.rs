//! Refusals that only a real account gives, as AWS writes them: what is done about each.

use infra_aws::Sorted;
use infra_aws::ec2::{DefaultSecurityGroup, Vpc};
use infra_aws::elb::{Action, Listener, Serves, TlsPolicy};
use infra_aws::iam::{InstanceProfile, Role, Service};
use infra_aws::lambda::Permission;
use infra_engine::live::{Ask, Behaviour, FaultKind, Found};
use infra_engine::model::{Ref, keys};

use crate::server::{Reply, Server, aws, xml};
use crate::terraform::{found, order};

fn refused(status: u16, code: &str, message: &str) -> Reply {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    xml(status, &format!("<ErrorResponse>{error}<RequestId>req-xml</RequestId></ErrorResponse>"))
}

fn ec2_refused(code: &str, message: &str) -> Reply {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    xml(400, &format!("<Response><Errors>{error}</Errors><RequestID>req-xml</RequestID></Response>"))
}

fn role(name: &str, tags: &str) -> String {
    format!(
        "<Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA</RoleId><Arn>arn:aws:iam::1:role/{name}</Arn>\
         <CreateDate>2026-11-26T00:00:00Z</CreateDate><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>\
         <Tags>{tags}</Tags>"
    )
}

fn answered(action: &str, result: &str) -> Reply {
    xml(200, &format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

#[tokio::test]
async fn roles_are_read_one_by_one_where_an_organization_denies_the_call_that_tells_all() {
    let owner = format!("<member><Key>{}</Key><Value>shop/test</Value></member>", keys::OWNER);
    let all = ["shop-web", "shop-theirs", "other"].map(|name| format!("<member>{}</member>", role(name, ""))).concat();
    let none = "<IsTruncated>false</IsTruncated>";
    let one = |name: &str, tags: &str| answered("GetRole", &format!("<Role>{}</Role>", role(name, tags)));
    let server = Server::answering([
        ("GetResources", crate::server::json(200, r#"{"ResourceTagMappingList": []}"#)),
        (
            "GetAccountAuthorizationDetails",
            refused(403, "AccessDenied", "with an explicit deny in a service control policy"),
        ),
        ("Action=ListRoles&", answered("ListRoles", &format!("{none}<Roles>{all}</Roles>"))),
        ("Action=GetRole&Version=2010-05-08&RoleName=shop-web", one("shop-web", &owner)),
        ("Action=GetRole&Version=2010-05-08&RoleName=shop-theirs", one("shop-theirs", "")),
        ("ListRolePolicies", answered("ListRolePolicies", &format!("{none}<PolicyNames/>"))),
        ("ListAttachedRolePolicies", answered("ListAttachedRolePolicies", &format!("{none}<AttachedPolicies/>"))),
    ])
    .await;
    let ask = Ask { owner: "shop/test".parse().ok(), ..Ask::default() };
    let roles: Vec<Found<Role>> = Role::read(&aws(&server.url).await, &ask).await.unwrap();
    assert_eq!(roles.iter().map(|role| role.id.as_str()).collect::<Vec<_>>(), ["shop-web"]);
    let asked = server.requests().iter().filter(|request| request.contains("Action=GetRole&")).count();
    assert_eq!(asked, 2, "one that has nothing of the project in its name is nobody's business here");
}

#[tokio::test]
async fn what_is_somebody_elses_is_denied_and_no_matter_of_credentials() {
    let server = Server::start([ec2_refused("AuthFailure", "The address '203.0.113.1' does not belong to you.")]).await;
    let call = aws(&server.url).await;
    let fault = call.ec2().release_address().allocation_id("eipalloc-1").send().await.sorted("ec2:ReleaseAddress");
    assert_eq!(fault.unwrap_err().kind, FaultKind::Denied);
}

#[tokio::test]
async fn a_certificate_that_there_is_not_is_not_waited_for() {
    let listener = Listener {
        load_balancer: Ref::known("arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/shop/1"),
        port: 443,
        serves: Serves::Https {
            certificate: Ref::known("arn:aws:acm:eu-central-1:1:certificate/mistyped"),
            policy: TlsPolicy::named("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        },
        action: Action::respond(404, "Nothing here"),
    };
    let server = Server::answering([
        ("Action=DescribeListeners", answered("DescribeListeners", "<Listeners/>")),
        ("Action=CreateListener", refused(400, "CertificateNotFound", "Certificate 'mistyped' not found")),
    ])
    .await;
    let fault = Listener::create(&aws(&server.url).await, &order(listener)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
}

#[tokio::test]
async fn what_stands_in_a_network_that_is_to_go_is_named() {
    let vpc = Vpc {
        cidr: "10.0.0.0/16".parse().unwrap(),
        dns_support: true,
        dns_hostnames: true,
        default_security_group: DefaultSecurityGroup::Open,
    };
    let server = Server::answering([
        ("Action=DeleteVpc", ec2_refused("DependencyViolation", "The vpc 'vpc-1' has dependencies and cannot be deleted.")),
        (
            "Action=DescribeVpcEndpoints",
            xml(
                200,
                "<DescribeVpcEndpointsResponse><vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId>\
                 <serviceName>com.amazonaws.eu-central-1.guardduty-data</serviceName></item></vpcEndpointSet>\
                 </DescribeVpcEndpointsResponse>",
            ),
        ),
        (
            "Action=DescribeSecurityGroups",
            xml(
                200,
                "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-0</groupId><groupName>default\
                 </groupName></item><item><groupId>sg-1</groupId><groupName>GuardDutyManagedSecurityGroup-vpc-1</groupName>\
                 </item></securityGroupInfo></DescribeSecurityGroupsResponse>",
            ),
        ),
        (
            "Action=DescribeNetworkInterfaces",
            xml(200, "<DescribeNetworkInterfacesResponse><networkInterfaceSet/></DescribeNetworkInterfacesResponse>"),
        ),
    ])
    .await;
    let fault = Vpc::delete(&aws(&server.url).await, &found("vpc-1", vpc, &[])).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Busy);
    let said = "What stands in it: vpce-1 (com.amazonaws.eu-central-1.guardduty-data), sg-1 (GuardDutyManagedSecurityGroup-vpc-1).";
    assert!(fault.message.ends_with(said), "{fault}");
}

#[test]
fn what_systems_manager_attaches_to_a_role_is_its_own_business() {
    let role = |policies: &[&str]| {
        let definition = Role {
            name: "shop-machine".into(),
            path: "/".into(),
            description: String::new(),
            longest_session: 3600,
            trust: infra_aws::iam::Policy::trust(Service::Ec2),
            inline: [].into(),
            attached: policies.iter().map(|name| Ref::known(format!("arn:aws:iam::aws:policy/{name}"))).collect(),
            boundary: None,
        };
        found("shop-machine", definition, &[])
    };
    let moved = |live: &[&str], wanted: &[&str]| Role::moved_by("attached", &role(live), &role(wanted).definition);
    let by_setup = Some("Systems Manager's Quick Setup");
    assert_eq!(moved(&["ReadOnlyAccess", "AmazonSSMManagedInstanceCore"], &["ReadOnlyAccess"]), by_setup);
    assert_eq!(moved(&["AdministratorAccess", "AmazonSSMManagedInstanceCore"], &[]), None);
    assert_eq!(moved(&["AmazonSSMManagedInstanceCore"], &["ReadOnlyAccess"]), None);
}

fn permission(function: &str, principal: Service) -> Permission {
    Permission {
        function: Ref::known(function),
        statement: "events".into(),
        action: "lambda:InvokeFunction".into(),
        principal,
        source: None,
        source_account: None,
    }
}

#[tokio::test]
async fn a_permission_whose_change_is_refused_is_what_it_was() {
    let denied = crate::server::json(403, r#"{"message": "explicit deny in a service control policy"}"#);
    let Reply::Answer(status, _, body) = denied else { panic!("an answer") };
    let denied = Reply::Answer(status, &[("x-amzn-errortype", "AccessDeniedException")], body);
    let done = || Reply::Answer(201, &[("content-type", "application/json")], r#"{"Statement": "{}"}"#.into());
    let gone = || Reply::Answer(204, &[], String::new());
    let before = permission("shop", Service::Events);
    let wanted = permission("shop", Service::from("s3.amazonaws.com".to_owned()));
    let live = || found("shop/events", before.clone(), &[]);

    let server = Server::start([gone(), denied.clone(), done()]).await;
    let fault = Permission::update(&aws(&server.url).await, &live(), &wanted).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Denied, "{fault}");
    assert!(fault.message.ends_with("(what was there before is back)"), "{fault}");
    let requests = server.requests();
    let [_, refused, back] = &requests[..] else { panic!("three calls: {requests:#?}") };
    assert!(refused.contains("s3.amazonaws.com") && back.contains("events.amazonaws.com"), "{requests:#?}");

    let server = Server::start([gone(), denied.clone(), denied]).await;
    let fault = Permission::update(&aws(&server.url).await, &live(), &wanted).await.unwrap_err();
    assert!(fault.message.contains("could not be put back, and is missing"), "{fault}");
}

#[tokio::test]
async fn a_profile_whose_new_role_is_refused_keeps_the_one_that_it_had() {
    let profile = |role: &str| InstanceProfile { name: "shop".into(), path: "/".into(), role: Ref::known(role) };
    let server = Server::answering([
        ("Action=RemoveRoleFromInstanceProfile", Reply::Done),
        ("RoleName=shop-new", refused(403, "AccessDenied", "is not authorized to perform: iam:PassRole")),
        ("RoleName=shop-former", Reply::Done),
    ])
    .await;
    let live = found("shop", profile("shop-former"), &[]);
    let fault = InstanceProfile::update(&aws(&server.url).await, &live, &profile("shop-new")).await.unwrap_err();
    assert!(fault.message.ends_with("(what was there before is back)"), "{fault}");
    let mut added = server.requests().into_iter().filter(|request| request.contains("AddRoleToInstanceProfile"));
    assert!(added.next_back().is_some_and(|last| last.contains("RoleName=shop-former")), "{:#?}", server.requests());
    let empty = found("shop", profile("(none)"), &[]);
    let fault = InstanceProfile::update(&aws(&server.url).await, &empty, &profile("shop-new")).await.unwrap_err();
    assert!(!fault.message.contains("before is"), "there was none: {fault}");
}
