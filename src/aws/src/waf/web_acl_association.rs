//! Which web ACL stands in front of a load balancer.

use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::web_acl::{Scope, WebAcl, WebAclArn};
use crate::elb::LoadBalancerArn;
use crate::pages::each;
use crate::{Aws, Sorted};

/// Which web ACL stands in front of a load balancer.
///
/// ```
/// use infra_aws::waf::WebAclAssociation;
/// use infra_engine::model::Ref;
///
/// let balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
/// let association = WebAclAssociation {
///     resource_arn: Ref::known(balancer),
///     web_acl_arn: Ref::known("arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/1"),
/// };
/// ```
///
/// A load balancer has one web ACL or none. Another one takes its place at once: no request comes past both. A
/// distribution has none of these: it names its web ACL itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "waf/web-acl-association", id = WebAclAssociationId)]
#[resource(parent(field = "resource_arn", kind = "elb/load-balancer"))]
pub struct WebAclAssociation {
    /// The load balancer.
    #[key]
    pub resource_arn: Ref<LoadBalancerArn>,
    /// The web ACL, of the scope REGIONAL.
    pub web_acl_arn: Ref<WebAclArn>,
}

const ASSOCIATE: &str = "wafv2:AssociateWebACL";
const DISASSOCIATE: &str = "wafv2:DisassociateWebACL";
const GET: &str = "wafv2:GetWebACLForResource";

impl Behaviour for WebAclAssociation {
    type Cloud = Aws;

    const ACTIONS: &'static [&'static str] = &[
        ASSOCIATE,
        DISASSOCIATE,
        "wafv2:GetWebACL",
        GET,
        // Asked of the caller for each of the others.
        "elasticloadbalancing:SetWebAcl",
    ];

    fn rules() -> &'static [Rule<WebAclAssociation>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<WebAclAssociation>>, Fault> {
        let balancers = if ask.only.is_empty() { &ask.parents | &ask.names } else { ask.only.clone() };
        let found = each(balancers, async |balancer: String| {
            let call = aws.regional_wafv2().get_web_acl_for_resource().resource_arn(&balancer);
            let answer = match call.send().await.sorted(GET) {
                Err(fault) if fault.kind == FaultKind::Gone => return Ok(None),
                other => other?,
            };
            Ok(answer.web_acl.map(|acl| {
                let definition =
                    WebAclAssociation { resource_arn: Ref::known(&balancer), web_acl_arn: Ref::known(acl.arn()) };
                Found::ready(&balancer, definition, Tags::new())
            }))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<WebAclAssociation>) -> Result<String, Fault> {
        associate(aws, &order.definition).await?;
        Ok(order.definition.resource_arn.value())
    }

    async fn update(aws: &Aws, _: &Found<WebAclAssociation>, wanted: &WebAclAssociation) -> Result<(), Fault> {
        associate(aws, wanted).await
    }

    /// It has no tags: it is ours when its load balancer is.
    async fn retag(_: &Aws, _: &Found<WebAclAssociation>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<WebAclAssociation>) -> Result<(), Fault> {
        let call = aws.regional_wafv2().disassociate_web_acl().resource_arn(&found.id);
        call.send().await.sorted(DISASSOCIATE).map(drop).gone_is_fine()
    }
}

/// A web ACL and a load balancer that were made a moment ago are not known everywhere yet: then the call is repeated.
async fn associate(aws: &Aws, wanted: &WebAclAssociation) -> Result<(), Fault> {
    let WebAclAssociation { resource_arn, web_acl_arn } = wanted;
    let call = aws.regional_wafv2().associate_web_acl();
    let call = call.resource_arn(resource_arn.value()).web_acl_arn(web_acl_arn.value());
    call.send().await.sorted(ASSOCIATE).map(drop)
}

static RULES: &[Rule<WebAclAssociation>] = &[Rule {
    code: "V228",
    says: "the web ACL of a load balancer is of the scope REGIONAL",
    source: "WAF API: AssociateWebACL, for regional application resources",
    severity: Severity::Error,
    check: regional,
}];

/// V228.
fn regional(association: &WebAclAssociation, around: &Surroundings<'_>) -> Vec<Violation> {
    let arn = &association.web_acl_arn;
    let defined = around.all::<WebAcl>().find(|(address, _)| format!("{address}.arn") == arn.value());
    let scope = match defined {
        Some((_, acl)) => acl.scope,
        None if arn.value().starts_with("arn:") => Scope::of(&arn.value()),
        None => return Vec::new(),
    };
    if scope == Scope::Regional {
        return Vec::new();
    }
    let way_out = "refer to a web ACL with `scope: Scope::Regional`";
    vec![Violation::of("web_acl_arn", arn, "it is for distributions", way_out)]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::{Address, Definition, Platform};

    use super::*;

    fn wrong(web_acl_arn: Ref<WebAclArn>, definitions: &[Definition]) -> Vec<String> {
        let resource_arn = Ref::known("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/1");
        let association = WebAclAssociation { resource_arn, web_acl_arn };
        let address = Address::new("edge", "association").unwrap();
        let around = Surroundings::new(definitions, &address);
        RULES.iter().flat_map(|rule| rule.violations(&association, &around)).map(|one| one.wrong).collect()
    }

    #[test]
    fn v228_a_load_balancer_has_a_web_acl_of_its_region() {
        let mut platform = Platform::new();
        let mut stack = platform.stack("edge");
        let of_cdn = stack.add("cdn", WebAcl::open("cdn", ""));
        let of_region = stack.add("region", WebAcl { scope: Scope::Regional, ..WebAcl::open("region", "") });
        let definitions = platform.finish().unwrap();
        let for_distributions = ["it is for distributions"];
        assert_eq!(wrong(of_cdn.output(WebAcl::ARN), &definitions), for_distributions);
        assert_eq!(wrong(of_region.output(WebAcl::ARN), &definitions), [""; 0]);
        let known = |scope: &str| Ref::known(format!("arn:aws:wafv2:us-east-1:123456789012:{scope}/webacl/shop/1"));
        assert_eq!(wrong(known("global"), &definitions), for_distributions);
        assert_eq!(wrong(known("regional"), &definitions), [""; 0]);
    }
}
