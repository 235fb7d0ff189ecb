//! Tests of what is written over a configuration and read from it.

use infra_engine::live::Found;

use super::*;
use crate::cloudfront::{Behavior, Cache, Cookies, Headers, QueryStrings, Ttl};

fn platform() -> Distribution {
    let pages = Cache::forwarding(["Authorization", "Host"], Ttl { min: 0, default: 300, max: 86_400 });
    let kept = Cache::Here {
        headers: Headers::Only([].into()),
        cookies: Cookies::Only(["session".into()].into()),
        query: QueryStrings::KeptBy(["page".into()].into()),
        ttl: Ttl { min: 1, default: 2, max: 3 },
    };
    let policies = Cache::Policies { cache: Ref::known("658327ea"), origin_request: Some(Ref::known("216adef6")) };
    let path = |path: &str, origin: &str, cache| PathBehavior {
        path: path.into(),
        behavior: Behavior { response_headers: Some(Ref::known("67f7725c")), ..Behavior::of(origin, cache) },
    };
    Distribution {
        aliases: ["www.example.com".into()].into(),
        certificate: Certificate::Acm { certificate: Ref::known("arn:aws:acm:1"), tls: TlsFrom::Tls12Of2021 },
        origins: [
            ("web".into(), Origin::web(Ref::known("lb.example.com"))),
            ("assets".into(), Origin::bucket(Ref::known("shop.s3.amazonaws.com"), Ref::known("E1"))),
        ]
        .into(),
        behaviors: vec![
            path("/api/*", "web", Cache::nothing()),
            path("/static/*", "assets", policies),
            path("/kept/*", "web", kept),
        ],
        root_object: "index.html".into(),
        price_class: PriceClass::Class100,
        countries: Countries::Only(["DE".into()].into()),
        web_acl: Some(Ref::known("arn:aws:wafv2:1")),
        ..Distribution::of("The shop", Behavior::of("web", pages))
    }
}

fn bare() -> Distribution {
    Distribution {
        origins: [("web".into(), Origin::web(Ref::known("lb.example.com")))].into(),
        ..Distribution::of("The shop", Behavior::of("web", Cache::nothing()))
    }
}

#[test]
fn a_definition_survives_the_way_and_back() {
    for wanted in [platform(), bare()] {
        assert_eq!(read(&new(&wanted, &Sent::default(), "token", "x:Y").unwrap(), &Noted::default()).unwrap(), wanted);
    }
}

#[test]
fn one_becomes_the_other_in_place_and_back() {
    let mut config = new(&bare(), &Sent::default(), "token", "x:Y").unwrap();
    for wanted in [platform(), bare(), platform()] {
        write(&wanted, &Sent::default(), &mut config, "x:Y").unwrap();
        assert_eq!(read(&config, &Noted::default()).unwrap(), wanted);
    }
    assert_eq!(config.caller_reference(), "token");
}

#[test]
fn what_the_definition_does_not_say_is_left() {
    let mut config = new(&platform(), &Sent::default(), "token", "x:Y").unwrap();
    config.logging =
        Some(LoggingConfig::builder().enabled(true).include_cookies(false).bucket("logs").prefix("").build());
    let behaviors = config.cache_behaviors.as_mut().and_then(|all| all.items.as_mut()).unwrap();
    behaviors[0].realtime_log_config_arn = Some("arn:aws:cloudfront::1:realtime-log-config/x".into());
    let before = config.clone();
    let mut wanted = platform();
    wanted.behaviors.swap(0, 1);
    write(&wanted, &Sent::default(), &mut config, "x:Y").unwrap();
    assert_eq!(config.logging, before.logging);
    let api = config.cache_behaviors().unwrap().items().iter().find(|live| live.path_pattern() == "/api/*").unwrap();
    assert_eq!(api.realtime_log_config_arn(), Some("arn:aws:cloudfront::1:realtime-log-config/x"));
    assert_eq!(read(&config, &Noted::default()).unwrap(), wanted);
}

/// Somebody adds this to each behavior, and to the distribution.
fn intruded(mut config: DistributionConfig) -> DistributionConfig {
    use aws_sdk_cloudfront::types::{
        EventType, FunctionAssociation, FunctionAssociations, LambdaFunctionAssociation, LambdaFunctionAssociations,
    };
    let function = FunctionAssociation::builder().function_arn("arn:aws:cloudfront::1:function/spy");
    let function = function.event_type(EventType::ViewerRequest).build().unwrap();
    let functions = FunctionAssociations::builder().quantity(1).items(function).build().unwrap();
    let lambda = LambdaFunctionAssociation::builder().lambda_function_arn("arn:aws:lambda:us-east-1:1:function:spy:1");
    let lambda = lambda.event_type(EventType::OriginResponse).include_body(false).build().unwrap();
    let lambdas = LambdaFunctionAssociations::builder().quantity(1).items(lambda).build().unwrap();
    let behaviors = config.cache_behaviors.as_mut().and_then(|all| all.items.as_mut()).unwrap();
    behaviors[0].lambda_function_associations = Some(lambdas);
    behaviors[0].realtime_log_config_arn = Some("arn:aws:cloudfront::1:realtime-log-config/spy".into());
    config.default_cache_behavior.as_mut().unwrap().function_associations = Some(functions);
    config.logging =
        Some(LoggingConfig::builder().enabled(true).include_cookies(true).bucket("spy.s3").prefix("").build());
    config
}

#[test]
fn what_others_have_put_between_viewers_and_origins_is_told() {
    let config = new(&platform(), &Sent::default(), "token", "x:Y").unwrap();
    assert_eq!(others(&config), [""; 0]);
    assert_eq!(
        others(&intruded(config)),
        [
            "a function on viewer-request of `*`: arn:aws:cloudfront::1:function/spy",
            "a function on origin-response of `/api/*`: arn:aws:lambda:us-east-1:1:function:spy:1",
            "a log of `/api/*`: arn:aws:cloudfront::1:realtime-log-config/spy",
            "a log, with cookies: spy.s3",
        ]
    );
}

#[test]
fn headers_that_somebody_adds_are_a_difference_and_their_values_are_nowhere() {
    use aws_sdk_cloudfront::types::{CustomHeaders, OriginCustomHeader};
    let mut config = new(&bare(), &Sent::default(), "token", "x:Y").unwrap();
    let header = OriginCustomHeader::builder().header_name("X-Spy").header_value("planted-canary").build().unwrap();
    let headers = CustomHeaders::builder().quantity(1).items(header).build().unwrap();
    config.origins.as_mut().unwrap().items[0].custom_headers = Some(headers);
    let now = read(&config, &Noted::default()).unwrap();
    assert_eq!(now.origins["web"].custom_headers.keys().collect::<Vec<_>>(), ["X-Spy"]);
    assert!(!format!("{now:?}").contains("planted"), "{now:?}");
    write(&bare(), &Sent::default(), &mut config, "x:Y").unwrap();
    assert_eq!(read(&config, &Noted::default()).unwrap(), bare());
}

#[test]
fn every_list_says_how_many_are_in_it() {
    let config = new(&platform(), &Sent::default(), "token", "x:Y").unwrap();
    assert_eq!((config.origins().unwrap().quantity(), config.cache_behaviors().unwrap().quantity()), (2, 3));
    let methods = config.default_cache_behavior().unwrap().allowed_methods().unwrap();
    assert_eq!((methods.quantity(), methods.cached_methods().unwrap().quantity()), (7, 2));
    assert_eq!(new(&bare(), &Sent::default(), "token", "x:Y").unwrap().aliases().unwrap().quantity(), 0);
}

#[test]
fn a_definition_is_one_document() {
    let found = Found::ready("E1", platform(), Default::default());
    let text = serde_json::to_value(&found.definition).unwrap();
    assert_eq!(text["behaviors"][0]["path"], "/api/*");
    assert_eq!(text["certificate"]["acm"]["tls"], "TLSv1.2_2021");
    assert_eq!(serde_json::from_value::<Distribution>(text).unwrap(), platform());
}
