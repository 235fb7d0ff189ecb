//! Functions as they are sent and read, and both sides of their rules.

use aws_sdk_lambda::types::{Concurrency, EnvironmentResponse};
use infra_engine::model::Address;

use super::*;

fn function() -> Function {
    Function {
        name: "shop-load-test".into(),
        description: String::new(),
        role: Ref::known("arn:aws:iam::123456789012:role/shop-load-test"),
        runtime: Runtime::Python312,
        handler: "index.handler".into(),
        processor: Processor::X86,
        code: CodeHash::of(b"package").into(),
        package: Ref::known(""),
        timeout: 900,
        memory: 128,
        environment: BTreeMap::from([("TEST_DURATION".into(), 300.into())]),
        reserved: Some(0),
        retries: Retries::USUAL,
        layers: Vec::new(),
        vpc_config: None,
    }
}

fn live() -> aws_sdk_lambda::types::builders::FunctionConfigurationBuilder {
    Live::builder()
        .function_name("shop-load-test")
        .function_arn("arn:aws:lambda:us-east-1:123456789012:function:shop-load-test")
        .role("arn:aws:iam::123456789012:role/shop-load-test")
        .runtime("python3.12".into())
        .handler("index.handler")
        .code_sha256(CodeHash::of(b"package").to_string())
        .timeout(900)
        .memory_size(128)
        .environment(EnvironmentResponse::builder().variables("TEST_DURATION", "300").build())
}

#[test]
fn a_live_function_tells_what_it_is() {
    let concurrency = Concurrency::builder().reserved_concurrent_executions(0).build();
    let answer = GetFunctionOutput::builder().configuration(live().build()).concurrency(concurrency);
    let found = understand(&answer.tags("aws:x", "y").tags("Name", "n").build(), Retries::USUAL).unwrap();
    assert_eq!((found.id.as_str(), &found.definition), ("shop-load-test", &function()));
    assert_eq!(found.tags, Tags::from([("Name".into(), "n".into())]));
    assert_eq!(found.outputs["arn"], "arn:aws:lambda:us-east-1:123456789012:function:shop-load-test");
}

#[test]
fn a_function_tells_how_it_stands() {
    let is =
        |status: LiveState, update: LastUpdateStatus| state(&live().state(status).last_update_status(update).build());
    assert_eq!(is(LiveState::Active, LastUpdateStatus::Successful), State::Ready);
    assert_eq!(is(LiveState::Inactive, LastUpdateStatus::Successful), State::Ready);
    assert_eq!(is(LiveState::Active, LastUpdateStatus::InProgress), State::Pending("being updated".into()));
    assert_eq!(is(LiveState::Pending, LastUpdateStatus::Successful), State::Pending("being made ready".into()));
    let failed = live().state(LiveState::Failed).state_reason("no addresses left").build();
    assert_eq!(state(&failed), State::Failed("no addresses left".into()));
    assert_eq!(state(&live().build()), State::Ready);
}

#[test]
fn a_function_whose_last_update_has_failed_is_updated_again() {
    let failed = live().last_update_status(LastUpdateStatus::Failed).last_update_status_reason("no such key");
    let answer = GetFunctionOutput::builder().configuration(failed.build()).build();
    let found = understand(&answer, Retries::NONE).unwrap();
    assert_eq!((found.state, found.definition.retries), (State::Ready, Retries::NONE));
    let code = found.definition.code.value();
    assert!(code.ends_with(" (its last update has failed: no such key)") && found.definition.code != function().code);
}

fn codes(change: impl FnOnce(&mut Function)) -> Vec<&'static str> {
    let mut changed = function();
    change(&mut changed);
    let address = Address::new("loadtest", "function").unwrap();
    let around = Surroundings::new(&[], &address);
    RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

#[test]
fn v134_names_times_and_sizes_have_limits() {
    assert_eq!(codes(|_| ()), Vec::<&str>::new());
    for bad in ["", "shop test", "shop:1", &"n".repeat(65)] {
        assert_eq!(codes(|function| function.name = bad.into()), ["V134"], "{bad}");
    }
    for bad in [0, 901] {
        assert_eq!(codes(|function| function.timeout = bad), ["V134"]);
    }
    for retries in [Retries { times: 3, seconds: 60 }, Retries { times: 0, seconds: 59 }] {
        assert_eq!(codes(|function| function.retries = retries), ["V134"]);
    }
    assert_eq!(codes(|function| function.retries = Retries::NONE), Vec::<&str>::new());
    for bad in [127, 10241] {
        assert_eq!(codes(|function| function.memory = bad), ["V134"]);
    }
}

#[test]
fn v135_what_is_retired_does_not_run() {
    assert_eq!(codes(|function| function.runtime = Runtime::Other("python3.9".into())), ["V135"]);
    assert_eq!(codes(|function| function.runtime = Runtime::Other("python3.14".into())), Vec::<&str>::new());
    assert_eq!(codes(|function| function.handler = String::new()), ["V135"]);
    assert_eq!(codes(|function| function.handler = "index handler".into()), ["V135"]);
}

#[test]
fn v135b_code_is_known_by_its_digest() {
    assert_eq!(codes(|function| function.code = Ref::known("the code")), ["V135b"]);
    let made = Ref::output(Address::new("package", "loadtest").unwrap(), "digest");
    assert_eq!(codes(|function| function.code = made), Vec::<&str>::new());
}

#[test]
fn v136_the_environment_is_small_and_leaves_lambda_its_names() {
    let with = |name: &str, value: &str| {
        codes(|function| function.environment = BTreeMap::from([(name.into(), value.into())]))
    };
    for bad in ["AWS_REGION", "AWS_LAMBDA_ANY", "_HANDLER", "1ST", "A-B", ""] {
        assert_eq!(with(bad, "x"), ["V136"], "{bad}");
    }
    assert_eq!(with("TARGET_URL", &"x".repeat(4086)), Vec::<&str>::new());
    assert_eq!(with("TARGET_URL", &"x".repeat(4087)), ["V136"]);
}

#[test]
fn v225_a_balancer_is_called_by_a_name_that_a_certificate_is_for() {
    let target = |url: &str| {
        codes(|function| function.environment = BTreeMap::from([("TARGET_URL".into(), url.to_owned().into())]))
    };
    for good in
        ["https://www.example.com/", "http://shop-1.us-east-1.elb.amazonaws.com/", "https://d1.cloudfront.net", "elb"]
    {
        assert_eq!(target(good), Vec::<&str>::new(), "{good}");
    }
    for bad in [
        "https://shop-1.us-east-1.elb.amazonaws.com",
        "https://Shop-1.us-east-1.ELB.amazonaws.com:443/health",
        "https://shop-1.elb.cn-north-1.amazonaws.com.cn/",
    ] {
        assert_eq!(target(bad), ["V225"], "{bad}");
    }
}
