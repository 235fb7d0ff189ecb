//! A function: code that runs when it is called, and costs nothing while it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::operation::get_function_event_invoke_config::GetFunctionEventInvokeConfigOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, FunctionCode, FunctionConfiguration as Live, FunctionUrlAuthType, FunctionUrlConfig,
    LastUpdateStatus, State as LiveState, VpcConfig as LiveVpcConfig,
};
use aws_smithy_types::timeout::TimeoutConfig;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State, Waits};
use infra_engine::model::{PackageFile, Ref, Tags};
use serde::{Deserialize, Serialize};

use super::code::{self, CodeHash};
use super::fault::sorted;
use super::{Runtime, Variable};
use crate::again::resume;
use crate::ec2::{Processor, SecurityGroupId, SubnetId};
use crate::iam::{Arn, RoleArn, Service, passed};
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_map, to_map};
use crate::{Aws, Sorted};

/// A function: code that runs when it is called, and costs nothing while it is not.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use infra_aws::ec2::Processor;
/// use infra_aws::lambda::{CodeHash, Function, Retries, Runtime};
/// use infra_engine::model::Ref;
///
/// let package = b"the bytes of target/load-test.zip";
/// let function = Function {
///     name: "shop-load-test".into(),
///     description: "Scheduled load testing".into(),
///     role: Ref::known("arn:aws:iam::123456789012:role/shop-load-test"),
///     runtime: Runtime::Provided2023,
///     handler: "bootstrap".into(),
///     processor: Processor::Arm,
///     code: CodeHash::of(package).into(),
///     package: Ref::known("target/load-test.zip"),
///     timeout: 900,
///     memory: 512,
///     environment: BTreeMap::from([("TEST_DURATION".into(), 300.into())]),
///     reserved: None,
///     retries: Retries::USUAL,
///     layers: Vec::new(),
///     vpc_config: None,
/// };
/// ```
///
/// A URL of its own that somebody has given it stays, and is told. It writes to the log group `/aws/lambda/` and its name: add the group, or Lambda makes one that nobody owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "lambda/function", id = FunctionName, replacement = "create_first", after = ["logs/log-group"])]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new FunctionArn,
))]
pub struct Function {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What it is for. Empty is none.
    pub description: String,
    /// What it may do.
    pub role: Ref<RoleArn>,
    /// What it runs on.
    pub runtime: Runtime,
    /// What is called in its package: `index.handler`.
    pub handler: String,
    /// What it is compiled for. Changes together with the code.
    pub processor: Processor,
    /// Its code, by the digest of the package: known, or made before the plan.
    pub code: Ref<CodeHash>,
    /// Where the package lies when it is sent. Only its content matters.
    #[initial]
    pub package: Ref<PackageFile>,
    /// How long it may run, in seconds.
    pub timeout: u32,
    /// How much memory it has, in MiB; processors come with it.
    pub memory: u32,
    /// What it finds in its environment.
    pub environment: BTreeMap<String, Variable>,
    /// How many of it may run at once, at the expense of all others in the account. Without it: as many as come.
    pub reserved: Option<u32>,
    /// How often it is called again when a call that nobody waits for has failed.
    pub retries: Retries,
    /// What is unpacked beside its code, by the ARNs of layers' versions, the later over the earlier.
    #[serde(default)]
    pub layers: Vec<String>,
    /// The network that it is in, and sees nothing but. Without one it is in none of ours.
    #[serde(default)]
    pub vpc_config: Option<VpcConfig>,
}

/// The network that a function is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcConfig {
    /// Where it stands.
    pub subnet_ids: BTreeSet<Ref<SubnetId>>,
    /// Who it may speak to.
    pub security_group_ids: BTreeSet<Ref<SecurityGroupId>>,
}

/// How often a function is called again when a call that nobody waits for has failed: a rule's, a topic's, a bucket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// So many times: 0 to 2.
    pub times: u8,
    /// A call that is so many seconds old is given up: 60 to 21600.
    pub seconds: u32,
}

impl Arn for FunctionArn {}

const GET: &str = "lambda:GetFunction";
const GET_INVOKES: &str = "lambda:GetFunctionEventInvokeConfig";
const URLS: &str = "lambda:ListFunctionUrlConfigs";
const PUT_INVOKES: &str = "lambda:PutFunctionEventInvokeConfig";
const DELETE_INVOKES: &str = "lambda:DeleteFunctionEventInvokeConfig";

/// How long the answer to a package may take, which is on its way meanwhile.
const SENDING: Duration = Duration::from_secs(10 * 60);

impl Behaviour for Function {
    type Cloud = Aws;

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(5),
        create: Duration::from_secs(10 * 60),
        update: Duration::from_secs(10 * 60),
        delete: Duration::from_secs(10 * 60),
    };

    const ACTIONS: &'static [&'static str] = &[
        "iam:PassRole",
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        DELETE_INVOKES,
        GET,
        GET_INVOKES,
        URLS,
        "lambda:ListFunctions",
        "lambda:ListTags",
        "lambda:PutFunctionConcurrency",
        PUT_INVOKES,
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
    ];

    fn rules() -> &'static [Rule<Function>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Function>>, Fault> {
        let meant = meant(aws, ask).await?;
        let names: Vec<String> = match ask.only.is_empty() {
            true => all(aws).await?.into_iter().filter(|name| meant.by_name(name)).collect(),
            false => ask.only.iter().cloned().collect(),
        };
        let asked = |name: &str| ask.only.contains(name) || ask.names.contains(name);
        let one = async |name: String| {
            let answer = match aws.lambda().get_function().function_name(&name).send().await.sorted(GET) {
                // The project's name is in it, and that is all: who may read ours may not read others'.
                Err(fault) if fault.kind == FaultKind::Denied && !asked(&name) => return Ok(None),
                answer => answer,
            };
            let Some(answer) = answer.map(Some).gone_is_fine()? else { return Ok(None) };
            if !ask.wants(&name, Some(&name), &from_map(answer.tags())) {
                return Ok(None);
            }
            let found = understand(&answer, retries(aws, &name).await?)?;
            Ok(Some(found.with_others(urls(aws, &name).await?)))
        };
        Ok(each(names, one).await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<Function>) -> Result<String, Fault> {
        let Function {
            name,
            description,
            role,
            runtime,
            handler,
            processor,
            code,
            package,
            timeout,
            memory,
            environment,
            reserved: _,
            retries: _,
            layers,
            vpc_config,
        } = &order.definition;
        let zip = code::load(&package.value(), &code.value()).await?;
        let call = aws
            .lambda()
            .create_function()
            .function_name(name)
            .set_description(Some(description.clone()).filter(|text| !text.is_empty()))
            .role(role.value())
            .runtime(runtime.as_str().into())
            .handler(handler)
            .architectures(architecture(*processor))
            .code(FunctionCode::builder().zip_file(Blob::new(zip)).build())
            .timeout(number(*timeout))
            .memory_size(number(*memory))
            .environment(variables(environment))
            .set_layers((!layers.is_empty()).then(|| layers.clone()))
            .set_vpc_config(vpc_config.as_ref().map(|network| placed(Some(network))))
            .set_tags(Some(to_map(&order.tags)));
        match call.customize().config_override(patient()).send().await.sorted("lambda:CreateFunction").map_err(sorted) {
            Ok(_) => Ok(name.clone()),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    /// One change at a time: Lambda takes the next one when the last has come to rest. The engine reads it again then,
    /// and comes back for what still differs.
    async fn update(aws: &Aws, found: &Found<Function>, wanted: &Function) -> Result<(), Fault> {
        let Function {
            name,
            description,
            role,
            runtime,
            handler,
            processor,
            code,
            package,
            timeout,
            memory,
            environment,
            reserved,
            retries,
            layers,
            vpc_config,
        } = wanted;
        let live = &found.definition;
        let configuration = Function {
            processor: *processor,
            code: code.clone(),
            package: package.clone(),
            reserved: *reserved,
            retries: *retries,
            ..live.clone()
        };
        if configuration != *wanted {
            let call = aws
                .lambda()
                .update_function_configuration()
                .function_name(name)
                .description(description)
                .role(role.value())
                .runtime(runtime.as_str().into())
                .handler(handler)
                .timeout(number(*timeout))
                .memory_size(number(*memory))
                .environment(variables(environment))
                .set_layers((*layers != live.layers).then(|| layers.clone()))
                .set_vpc_config((*vpc_config != live.vpc_config).then(|| placed(vpc_config.as_ref())));
            return call.send().await.sorted("lambda:UpdateFunctionConfiguration").map_err(sorted).map(drop);
        }
        if (processor, code) != (&live.processor, &live.code) {
            let zip = code::load(&package.value(), &code.value()).await?;
            let call = aws.lambda().update_function_code().function_name(name).zip_file(Blob::new(zip));
            let call = call.architectures(architecture(*processor));
            let sent = call.customize().config_override(patient()).send().await;
            return sent.sorted("lambda:UpdateFunctionCode").map_err(sorted).map(drop);
        }
        if *retries != live.retries {
            retry(aws, name, *retries).await?;
        }
        match reserved {
            _ if *reserved == live.reserved => Ok(()),
            Some(count) => {
                let call = aws.lambda().put_function_concurrency().function_name(name);
                let call = call.reserved_concurrent_executions(number(*count));
                call.send().await.sorted("lambda:PutFunctionConcurrency").map_err(sorted).map(drop)
            }
            None => {
                let call = aws.lambda().delete_function_concurrency().function_name(name);
                call.send().await.sorted("lambda:DeleteFunctionConcurrency").map_err(sorted).map(drop)
            }
        }
    }

    async fn retag(aws: &Aws, found: &Found<Function>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[Function::ARN.name];
        if !set.is_empty() {
            let call = aws.lambda().tag_resource().resource(arn).set_tags(Some(to_map(set)));
            call.send().await.sorted("lambda:TagResource").map_err(sorted)?;
        }
        if !remove.is_empty() {
            let call = aws.lambda().untag_resource().resource(arn).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("lambda:UntagResource").map_err(sorted)?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<Function>) -> Result<(), Fault> {
        let call = aws.lambda().delete_function().function_name(&found.id);
        call.send().await.sorted("lambda:DeleteFunction").map_err(sorted).map(drop).gone_is_fine()
    }
}

/// The URLs that somebody has given to a function, each in a few words: who knows one calls it past everything else.
async fn urls(aws: &Aws, name: &str) -> Result<Vec<String>, Fault> {
    let pages = aws.lambda().list_function_url_configs().function_name(name).into_paginator().items().send();
    let urls: Vec<_> = pages.try_collect().await.sorted(URLS).map(Some).gone_is_fine()?.unwrap_or_default();
    let told = |url: FunctionUrlConfig| {
        let whom = match url.auth_type() {
            FunctionUrlAuthType::None => "that everyone may call",
            _ => "for those whom IAM lets call it",
        };
        format!("the URL {} {whom}", url.function_url())
    };
    Ok(urls.into_iter().map(told).collect())
}

/// A network as Lambda takes it; none is said too, or it would stay as it is.
fn placed(network: Option<&VpcConfig>) -> LiveVpcConfig {
    let subnets = network.iter().flat_map(|network| &network.subnet_ids).map(Ref::value).collect();
    let groups = network.iter().flat_map(|network| &network.security_group_ids).map(Ref::value).collect();
    LiveVpcConfig::builder().set_subnet_ids(Some(subnets)).set_security_group_ids(Some(groups)).build()
}

/// For calls that send a package: on a slow line it is on its way for longer than an answer may take.
fn patient() -> aws_sdk_lambda::config::Builder {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(SENDING);
    aws_sdk_lambda::config::Builder::new().timeout_config(timeouts.build())
}

/// What is said of calls that nobody waits for; nothing is AWS's own choice.
async fn retries(aws: &Aws, name: &str) -> Result<Retries, Fault> {
    let answer = aws.lambda().get_function_event_invoke_config().function_name(name).send().await;
    let answer = answer.sorted(GET_INVOKES).map_err(sorted).map(Some).gone_is_fine()?;
    let Retries { times, seconds } = Retries::USUAL;
    let said = |part: fn(&GetFunctionEventInvokeConfigOutput) -> Option<i32>| answer.as_ref().and_then(part);
    Ok(Retries {
        times: said(GetFunctionEventInvokeConfigOutput::maximum_retry_attempts)
            .and_then(|number| number.try_into().ok())
            .unwrap_or(times),
        seconds: said(GetFunctionEventInvokeConfigOutput::maximum_event_age_in_seconds)
            .and_then(|number| number.try_into().ok())
            .unwrap_or(seconds),
    })
}

async fn retry(aws: &Aws, name: &str, retries: Retries) -> Result<(), Fault> {
    if retries == Retries::USUAL {
        let call = aws.lambda().delete_function_event_invoke_config().function_name(name);
        return call.send().await.sorted(DELETE_INVOKES).map_err(sorted).map(drop).gone_is_fine();
    }
    let Retries { times, seconds } = retries;
    let call = aws.lambda().put_function_event_invoke_config().function_name(name);
    let call = call.maximum_retry_attempts(times.into()).maximum_event_age_in_seconds(number(seconds));
    call.send().await.sorted(PUT_INVOKES).map_err(sorted).map(drop)
}

impl Retries {
    /// AWS's own choice: twice, within six hours.
    pub const USUAL: Retries = Retries { times: 2, seconds: 21600 };

    /// What has failed has failed.
    pub const NONE: Retries = Retries { times: 0, seconds: 60 };
}

async fn all(aws: &Aws) -> Result<Vec<String>, Fault> {
    let pages = aws.lambda().list_functions().into_paginator().items().send();
    let functions: Vec<Live> = pages.try_collect().await.sorted("lambda:ListFunctions")?;
    Ok(functions.into_iter().filter_map(|function| function.function_name).collect())
}

/// The code of a function, which is not the wanted one where its last update has failed: so the next apply sends it again.
fn code_of(live: &Live) -> Ref<CodeHash> {
    let digest = live.code_sha256().unwrap_or_default();
    match live.last_update_status() {
        Some(LastUpdateStatus::Failed) => {
            let why = live.last_update_status_reason().unwrap_or("AWS gives no reason");
            Ref::known(format!("{digest} (its last update has failed: {why})"))
        }
        _ => Ref::known(digest),
    }
}

/// The definition that would have produced a live one.
fn understand(answer: &GetFunctionOutput, retries: Retries) -> Result<Found<Function>, Fault> {
    let broken = |wrong: String| Fault::new(FaultKind::Broken, GET, wrong);
    let live = answer.configuration().ok_or_else(|| broken("the answer has no configuration".into()))?;
    let name = live.function_name().unwrap_or_default();
    let variables = live.environment().and_then(|environment| environment.variables()).into_iter().flatten();
    let definition = Function {
        name: name.to_owned(),
        description: live.description().unwrap_or_default().to_owned(),
        role: Ref::known(live.role().unwrap_or_default()),
        runtime: Runtime::from(live.runtime().map(|runtime| runtime.as_str()).unwrap_or_default().to_owned()),
        handler: live.handler().unwrap_or_default().to_owned(),
        processor: match live.architectures().first() {
            Some(Architecture::Arm64) => Processor::Arm,
            _ => Processor::X86,
        },
        code: code_of(live),
        package: Ref::known(""),
        timeout: count(live.timeout()).unwrap_or(3),
        memory: count(live.memory_size()).unwrap_or(128),
        environment: variables.map(|(key, value)| (key.clone(), Variable::from(value.as_str()))).collect(),
        layers: live.layers().iter().filter_map(|layer| layer.arn().map(str::to_owned)).collect(),
        vpc_config: live.vpc_config().filter(|network| !network.subnet_ids().is_empty()).map(|network| VpcConfig {
            subnet_ids: network.subnet_ids().iter().map(Ref::known).collect(),
            security_group_ids: network.security_group_ids().iter().map(Ref::known).collect(),
        }),
        reserved: count(answer.concurrency().and_then(|concurrency| concurrency.reserved_concurrent_executions())),
        retries,
    };
    let tags: Tags = from_map(answer.tags());
    let arn = live.function_arn().unwrap_or_default();
    Ok(Found::ready(name, definition, tags).with(Function::ARN.name, arn).in_state(state(live)))
}

fn state(live: &Live) -> State {
    match (live.state(), live.last_update_status()) {
        (Some(LiveState::Failed), _) => {
            let words = live.state_reason().unwrap_or("AWS gives no reason");
            State::Failed(words.to_owned())
        }
        (Some(LiveState::Deleting), _) => State::Leaving,
        (Some(LiveState::Pending), _) => State::Pending("being made ready".into()),
        (_, Some(LastUpdateStatus::InProgress)) => State::Pending("being updated".into()),
        _ => State::Ready,
    }
}

fn architecture(processor: Processor) -> Architecture {
    match processor {
        Processor::X86 => Architecture::X8664,
        Processor::Arm => Architecture::Arm64,
    }
}

/// All variables, also when there are none: leaving them out would leave them as they are.
fn variables(environment: &BTreeMap<String, Variable>) -> Environment {
    let variables = environment.iter().map(|(key, variable)| (key.clone(), variable.value()));
    Environment::builder().set_variables(Some(variables.collect())).build()
}

/// A number as the API takes it. One that does not fit is refused by a rule before.
fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn count(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

static RULES: &[Rule<Function>] = &[
    Rule {
        code: "V40",
        says: "the role of a function trusts `lambda.amazonaws.com`",
        source: "Lambda developer guide: execution role; not seen refused by AWS",
        severity: Severity::Warning,
        check: |function, around| passed("role", &function.role, &Service::Lambda, around).into_iter().collect(),
    },
    Rule {
        code: "V134",
        says: "a function's name has 1 to 64 letters, digits, `-` and `_`; it runs 1 to 900 seconds in 128 to 10240 MiB",
        source: "Lambda API: CreateFunction; the model allows more for managed instances",
        severity: Severity::Error,
        check: sizes,
    },
    Rule {
        code: "V135",
        says: "a function has a handler, and a runtime that AWS has not retired",
        source: "Lambda developer guide: runtimes, deprecated runtimes",
        severity: Severity::Error,
        check: runs,
    },
    Rule {
        code: "V135b",
        says: "the code of a function is known by its SHA-256 in base64",
        source: "Lambda API: GetFunction, CodeSha256",
        severity: Severity::Error,
        check: code_is_a_digest,
    },
    Rule {
        code: "V136",
        says: "the environment has 4096 bytes at most, and no name that Lambda sets itself",
        source: "Lambda developer guide: environment variables",
        severity: Severity::Error,
        check: environment,
    },
    Rule {
        code: "V225",
        says: "a load balancer is not called over HTTPS by the name that AWS gives it",
        source: "Elastic Load Balancing user guide: HTTPS listeners; no certificate can be for `*.elb.amazonaws.com`",
        severity: Severity::Error,
        check: calls_by_a_name_of_a_certificate,
    },
];

fn sizes(function: &Function, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let name = &function.name;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !plain || !(1..=64).contains(&name.len()) {
        let wrong = "it is empty, too long, or has other characters in it";
        violations.push(Violation::of("name", name, wrong, "write 1 to 64 letters, digits, `-` and `_`"));
    }
    if !(1..=900).contains(&function.timeout) {
        let way_out = "write 1 to 900; what takes longer is a task of ECS";
        violations.push(Violation::of("timeout", function.timeout, "Lambda ends what runs longer", way_out));
    }
    if !(128..=10240).contains(&function.memory) {
        let wrong = "there is no function of that size";
        violations.push(Violation::of("memory", function.memory, wrong, "write 128 to 10240"));
    }
    let Retries { times, seconds } = function.retries;
    if times > 2 || !(60..=21600).contains(&seconds) {
        let wrong = format!("{times} times within {seconds} seconds");
        let way_out = "write 0 to 2 times, and 60 to 21600 seconds";
        violations.push(Violation::of("retries", function.retries, wrong, way_out));
    }
    violations
}

fn runs(function: &Function, _: &Surroundings<'_>) -> Vec<Violation> {
    let retired = function.runtime.is_retired().then(|| {
        let wrong = "AWS has retired it, and makes no function of it any more";
        Violation::of("runtime", &function.runtime, wrong, "take a newer one of the same language")
    });
    let fits = (1..=128).contains(&function.handler.len()) && !function.handler.contains(char::is_whitespace);
    let handler = (!fits).then(|| {
        let way_out = "name what is called, `index.handler`; for `provided.al2023` it is `bootstrap`";
        Violation::of("handler", &function.handler, "it is empty, too long, or has white space in it", way_out)
    });
    retired.into_iter().chain(handler).collect()
}

/// Whatever else stands there would differ from what is live, again and again.
fn code_is_a_digest(function: &Function, _: &Surroundings<'_>) -> Vec<Violation> {
    // A package that is still to be made is no text yet.
    let known = serde_json::to_value(&function.code).ok().filter(|code| code.is_string());
    match known.and_then(|_| function.code.value().parse::<CodeHash>().err()) {
        Some(error) => {
            let way_out = "write `CodeHash::of(…)` the package, or refer to the digest of one that is made";
            vec![Violation::of("code", &function.code, error.to_string(), way_out)]
        }
        None => Vec::new(),
    }
}

/// An address that is called over HTTPS is checked against a certificate, and nobody gets one for AWS's own names.
fn calls_by_a_name_of_a_certificate(function: &Function, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (name, variable) in &function.environment {
        let value = variable.value();
        let host = value.strip_prefix("https://").and_then(|rest| rest.split(['/', ':', '?']).next());
        if host.is_some_and(is_of_a_balancer) {
            let wrong = format!("`{name}` is the load balancer's own name, which no certificate can be for");
            let way_out = "call a name of your own that its certificate is for, or the distribution before it";
            violations.push(Violation::of("environment", variable, wrong, way_out));
        }
    }
    violations
}

fn is_of_a_balancer(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(".cn").unwrap_or(&host);
    host.strip_suffix(".amazonaws.com").is_some_and(|rest| rest.split('.').any(|label| label == "elb"))
}

/// What Lambda sets itself.
const RESERVED: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "TZ",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

fn environment(function: &Function, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for name in function.environment.keys() {
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let fits = starts && name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let (wrong, way_out) = if RESERVED.contains(&name.as_str()) || name.starts_with("AWS_LAMBDA_") {
            ("Lambda sets it itself", "take another name")
        } else if !fits {
            ("it is no name", "write a letter, and then letters, digits and `_`")
        } else {
            continue;
        };
        violations.push(Violation::of("environment", name, wrong, way_out));
    }
    let bytes: usize = function.environment.iter().map(|(name, value)| name.len() + value.value().len()).sum();
    if bytes > 4096 {
        let way_out = "put the larger values into parameters or a bucket, and their names here";
        violations.push(Violation::of("environment", bytes, format!("it has {bytes} bytes"), way_out));
    }
    violations
}

#[cfg(test)]
mod tests;
