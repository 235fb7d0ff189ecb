//! JMeter plans made into plans.

use super::*;
use crate::plan::words::Template;
use crate::plan::{Content, Failing, Model, Order, Pick};

fn property(kind: &str, name: &str, value: &str) -> String {
    format!("<{kind} name=\"{name}\">{value}</{kind}>\n")
}

fn argument(name: &str, value: &str) -> String {
    format!(
        "<elementProp name=\"{name}\" elementType=\"HTTPArgument\">{}{}</elementProp>\n",
        property("stringProp", "Argument.name", name),
        property("stringProp", "Argument.value", value)
    )
}

fn sampler(name: &str, properties: &str, arguments: &str, inside: &str) -> String {
    format!(
        "<HTTPSamplerProxy testname=\"{name}\" enabled=\"true\">\n{properties}\
         <elementProp name=\"HTTPsampler.Arguments\" elementType=\"Arguments\"><collectionProp name=\"Arguments.arguments\">{arguments}</collectionProp></elementProp>\n\
         </HTTPSamplerProxy>\n<hashTree>{inside}</hashTree>\n"
    )
}

fn element(kind: &str, name: &str, properties: &str) -> String {
    format!("<{kind} testname=\"{name}\" enabled=\"true\">{properties}</{kind}>\n<hashTree/>\n")
}

fn group(name: &str, users: &str, inside: &str) -> String {
    let properties = [
        property("stringProp", "ThreadGroup.on_sample_error", "continue"),
        property("stringProp", "ThreadGroup.num_threads", users),
        property("stringProp", "ThreadGroup.ramp_time", "30"),
        property("boolProp", "ThreadGroup.scheduler", "true"),
        property("stringProp", "ThreadGroup.duration", "330"),
    ];
    format!(
        "<ThreadGroup testname=\"{name}\" enabled=\"true\">\n{}</ThreadGroup>\n<hashTree>\n{inside}</hashTree>\n",
        properties.concat()
    )
}

fn file(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jmeterTestPlan version=\"1.2\">\n<hashTree>\n<TestPlan testname=\"Shop\" enabled=\"true\">\
         <elementProp name=\"TestPlan.user_defined_variables\" elementType=\"Arguments\"><collectionProp name=\"Arguments.arguments\">{}{}</collectionProp></elementProp>\
         </TestPlan>\n<hashTree>\n{inside}</hashTree>\n</hashTree>\n</jmeterTestPlan>\n",
        argument("host", "shop.example"),
        argument("greeting", "hello ${host}")
    )
}

fn path(path: &str) -> String {
    property("stringProp", "HTTPSampler.path", path)
}

fn method(method: &str) -> String {
    property("stringProp", "HTTPSampler.method", method)
}

#[test]
fn a_plan_with_the_common_elements_is_taken_whole() {
    let defaults = "<ConfigTestElement guiclass=\"HttpDefaultsGui\" testname=\"defaults\" enabled=\"true\">".to_owned()
        + &property("stringProp", "HTTPSampler.domain", "${host}")
        + &property("stringProp", "HTTPSampler.protocol", "https")
        + &property("stringProp", "HTTPSampler.response_timeout", "5000")
        + "</ConfigTestElement>\n<hashTree/>\n";
    let headers = element(
        "HeaderManager",
        "headers",
        &format!(
            "<collectionProp name=\"HeaderManager.headers\"><elementProp name=\"\" elementType=\"Header\">{}{}</elementProp></collectionProp>",
            property("stringProp", "Header.name", "Accept"),
            property("stringProp", "Header.value", "application/json")
        ),
    );
    let rows = element(
        "CSVDataSet",
        "users",
        &[
            property("stringProp", "filename", "data/users.csv"),
            property("stringProp", "variableNames", "user,password"),
            property("stringProp", "delimiter", ","),
            property("boolProp", "recycle", "false"),
        ]
        .concat(),
    );
    let counter = element(
        "CounterConfig",
        "counter",
        &(property("stringProp", "CounterConfig.name", "number") + &property("stringProp", "CounterConfig.incr", "1")),
    );
    let random = element(
        "RandomVariableConfig",
        "random",
        &(property("stringProp", "variableName", "page")
            + &property("stringProp", "minimumValue", "1")
            + &property("stringProp", "maximumValue", "9")),
    );
    let regex = element(
        "RegexExtractor",
        "token",
        &[
            property("stringProp", "RegexExtractor.refname", "token"),
            property("stringProp", "RegexExtractor.regex", "\"token\":\"([^\"]+)\"".replace('"', "&quot;").as_str()),
            property("stringProp", "RegexExtractor.template", "$1$"),
            property("stringProp", "RegexExtractor.match_number", "1"),
        ]
        .concat(),
    );
    let json = element(
        "JSONPostProcessor",
        "ids",
        &[
            property("stringProp", "JSONPostProcessor.referenceNames", "id;other"),
            property("stringProp", "JSONPostProcessor.jsonPathExprs", "$.id;$.other[0]"),
            property("stringProp", "JSONPostProcessor.match_numbers", "1;0"),
            property("stringProp", "JSONPostProcessor.defaultValues", ";none"),
        ]
        .concat(),
    );
    let status = element(
        "ResponseAssertion",
        "200",
        &[
            "<collectionProp name=\"Asserion.test_strings\"><stringProp name=\"49586\">200</stringProp></collectionProp>".to_owned(),
            property("stringProp", "Assertion.test_field", "Assertion.response_code"),
            property("intProp", "Assertion.test_type", "8"),
        ]
        .concat(),
    );
    let fast = element("DurationAssertion", "fast", &property("stringProp", "DurationAssertion.duration", "800"));
    let login = sampler(
        "login",
        &(path("/login") + &method("POST")),
        &(argument("user", "${user}") + &argument("password", "${password}")),
        &(regex + &json + &status + &fast),
    );
    let bearer = element(
        "HeaderManager",
        "bearer",
        &format!(
            "<collectionProp name=\"HeaderManager.headers\"><elementProp name=\"\" elementType=\"Header\">{}{}</elementProp></collectionProp>",
            property("stringProp", "Header.name", "X-Token"),
            property("stringProp", "Header.value", "${token}")
        ),
    );
    let list = sampler(
        "list",
        &(path("/items/${id}") + &method("GET")),
        &(argument("page", "${page}") + &argument("n", "${__Random(1,5)}")),
        &bearer,
    );
    let body = property("boolProp", "HTTPSampler.postBodyRaw", "true");
    let pay =
        sampler("pay", &(path("/pay") + &method("POST") + &body), &argument("", "{&quot;n&quot;: ${number}}"), "");
    let transaction =
        format!("<TransactionController testname=\"buying\" enabled=\"true\"/>\n<hashTree>{list}{pay}</hashTree>\n");
    let ifs = format!(
        "<IfController testname=\"if\" enabled=\"true\">{}</IfController>\n<hashTree>{}</hashTree>\n",
        property("stringProp", "IfController.condition", "${__jexl3(&quot;${id}&quot; == &quot;7&quot;,)}"),
        sampler("seven", &path("/seven"), "", "")
    );
    let loops = format!(
        "<LoopController testname=\"five times\" enabled=\"true\">{}</LoopController>\n<hashTree>{}</hashTree>\n",
        property("stringProp", "LoopController.loops", "5"),
        sampler("again", &path("/again"), "", "")
    );
    let timer = element(
        "UniformRandomTimer",
        "think",
        &(property("stringProp", "ConstantTimer.delay", "1000") + &property("stringProp", "RandomTimer.range", "2000")),
    );
    let cookies = element("CookieManager", "cookies", "<collectionProp name=\"CookieManager.cookies\"/>");
    let listener = element("ResultCollector", "tree", "");
    let imported = made(&file(
        &(defaults
            + &headers
            + &rows
            + &counter
            + &random
            + &cookies
            + &listener
            + &group("buyers", "${__P(users,20)}", &(timer + &login + &transaction + &ifs + &loops))),
    ));

    assert_eq!(not_taken(&imported), []);
    let plan = &imported.plan;
    assert_eq!(steps(&imported), ["POST /login", "GET /items/${id}", "POST /pay", "GET /seven", "GET /again"]);
    assert_eq!((plan.target.as_deref(), plan.timeout.to_string()), (Some("https://shop.example"), "5s".to_owned()));
    assert!(matches!(plan.load.model, Model::Closed { users: 20, .. }));
    assert_eq!(plan.load.phases.to_string(), "30s:0-100, 5m:100");
    assert_eq!((plan.data["users"].order, plan.data["users"].columns.len()), (Order::EachOnce, 2));
    assert_eq!(plan.variables["page"].to_string(), "${random:1..9}");
    assert_eq!(plan.variables["greeting"].to_string(), "hello shop.example", "variables are not made of each other");
    let [login, list, pay, seven, again] = &plan.scenario[0].step[..] else { panic!() };
    let Some(Content::Form(fields)) = &login.content else { panic!("{login:?}") };
    assert_eq!(fields["user"].to_string(), "${users.user}");
    assert_eq!(
        (login.take.len(), login.take["other"].pick, login.take["other"].default.clone()),
        (3, Pick::Random, Some(Template::literal("none")))
    );
    assert_eq!(
        (login.expect.status[0].to_string(), login.expect.under.unwrap().to_string()),
        ("200".to_owned(), "800ms".to_owned())
    );
    assert_eq!((login.think.unwrap().to_string(), login.on_error), ("1s..3s".to_owned(), Failing::GoOn));
    assert_eq!(
        (list.query["n"].to_string(), list.headers["x-token"].to_string()),
        ("${random:1..5}".to_owned(), "${token}".to_owned())
    );
    assert_eq!(list.headers["accept"].to_string(), "application/json");
    assert_eq!(
        (list.group.as_deref(), pay.group.as_deref(), seven.group.as_deref()),
        (Some("buying"), Some("buying"), None)
    );
    assert_eq!(pay.content, Some(Content::Body("{\"n\": ${number}}".parse().unwrap())));
    assert_eq!((seven.when.as_ref().unwrap().to_string(), again.repeat), ("${id} == 7".to_owned(), 5));
    assert_eq!(imported.taken, 24);
}

#[test]
fn what_needs_code_or_is_unknown_is_named_with_its_line() {
    let script = element(
        "JSR223PostProcessor",
        "sign",
        &property("stringProp", "script", "vars.put(&quot;signed&quot;, &quot;1&quot;)"),
    );
    let shell = element("BeanShellPreProcessor", "prepare", "");
    let xpath = element("XPathExtractor", "find", "");
    let timer = element(
        "GaussianRandomTimer",
        "think",
        &(property("stringProp", "ConstantTimer.delay", "1000") + &property("stringProp", "RandomTimer.range", "250")),
    );
    let off = "<HTTPSamplerProxy testname=\"old\" enabled=\"false\"/>\n<hashTree/>\n";
    let domain = property("stringProp", "HTTPSampler.domain", "a.example");
    let redirect = property("boolProp", "HTTPSampler.follow_redirects", "true");
    let sampler_one = sampler(
        "one",
        &(domain + &path("/a/${signed}/${__groovy(1+1)}") + &redirect),
        "",
        &(script + &shell + &xpath + &timer),
    );
    let random = format!(
        "<RandomController testname=\"any\" enabled=\"true\"/>\n<hashTree>{}</hashTree>\n",
        sampler("two", &path("/b"), "", "")
    );
    let text = file(&group("users", "5", &(sampler_one + &random + off)));
    let imported = made(&text);
    let names: Vec<_> = not_taken(&imported).into_iter().map(|(name, _)| name).collect();
    for name in [
        "JSR223PostProcessor \"sign\"",
        "BeanShellPreProcessor \"prepare\"",
        "XPathExtractor \"find\"",
        "GaussianRandomTimer \"think\"",
        "RandomController \"any\"",
        "function __groovy in HTTPSamplerProxy \"one\"",
        "variable signed",
        "HTTPSampler.follow_redirects of 1 samplers",
    ] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(names.len(), 8, "{names:?}");
    for not in imported.not_taken.iter().filter(|not| not.line > 0) {
        let kind = not.element.split([' ', '"']).next().unwrap();
        let line = text.lines().nth(not.line - 1).unwrap();
        assert!(line.contains(kind) || line.contains("HTTPSamplerProxy"), "{kind} is not on line {}: {line}", not.line);
    }
    assert_eq!(
        imported.disabled.iter().map(|off| off.element.as_str()).collect::<Vec<_>>(),
        ["HTTPSamplerProxy \"old\""]
    );
    assert_eq!(imported.plan.variables["signed"], Template::literal("TODO"));
    assert_eq!(imported.plan.scenario[0].step[0].think.unwrap().to_string(), "500ms..1.5s");
}

#[test]
fn a_throughput_timer_makes_a_rate_and_loops_are_no_time() {
    let timer = format!(
        "<ConstantThroughputTimer testname=\"rate\" enabled=\"true\">{}<doubleProp><name>throughput</name><value>600.0</value></doubleProp></ConstantThroughputTimer>\n<hashTree/>\n",
        property("intProp", "calcMode", "1")
    );
    // As JMeter writes it: a double whose name is inside.
    let timer = timer.replace("<doubleProp><name>throughput</name>", "<doubleProp name=\"throughput\">");
    let domain = property("stringProp", "HTTPSampler.domain", "a.example");
    let inside = timer
        + &sampler("one", &(domain.clone() + &path("/a")), "", "")
        + &sampler("two", &(domain + &path("/b")), "", "");
    let text =
        file(&group("users", "10", &inside)).replace("ThreadGroup.scheduler\">true", "ThreadGroup.scheduler\">false");
    let imported = made(&text);
    assert!(
        matches!(imported.plan.load.model, Model::Open { rate: 5.0, in_flight: 10 }),
        "600 a minute, two requests each: {:?}",
        imported.plan.load
    );
    assert_eq!(not_taken(&imported).len(), 1, "{imported}");
    assert!(imported.not_taken[0].why.contains("a test lasts a time"), "{imported}");
}

#[test]
fn assertions_become_expectations_as_far_as_they_can() {
    let assertion = |field: &str, kind: u32, texts: &[&str]| {
        let texts: String = texts.iter().map(|text| property("stringProp", "1", text)).collect();
        element(
            "ResponseAssertion",
            "check",
            &[
                format!("<collectionProp name=\"Asserion.test_strings\">{texts}</collectionProp>"),
                property("stringProp", "Assertion.test_field", field),
                property("intProp", "Assertion.test_type", &kind.to_string()),
            ]
            .concat(),
        )
    };
    let inside = [
        assertion("Assertion.response_code", 1, &["2.."]),
        assertion("Assertion.response_data", 16, &["welcome"]),
        assertion("Assertion.response_data", 34, &["a+", "b+"]),
        assertion("Assertion.response_data", 20, &["error"]),
        assertion("Assertion.response_message", 16, &["OK"]),
        assertion("Assertion.response_headers", 16, &["gzip"]),
    ]
    .concat();
    let domain = property("stringProp", "HTTPSampler.domain", "a.example");
    let imported = made(&file(&group("users", "5", &sampler("one", &(domain + &path("/")), "", &inside))));
    let expect = &imported.plan.scenario[0].step[0].expect;
    assert_eq!(expect.status[0].to_string(), "2xx");
    assert_eq!(expect.body, Some(Template::literal("welcome")));
    assert!(expect.regex.as_ref().unwrap().matches("xbbx") && !expect.regex.as_ref().unwrap().matches("c"));
    assert_eq!(imported.not_taken.len(), 3, "{imported}");
}
