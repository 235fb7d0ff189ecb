//! OpenAPI 3 and Swagger 2: a step for each operation, with the values that the description gives as examples.

mod values;

use std::collections::BTreeSet;

use super::NoImport;
use super::draft::{self, Draft, Steps, escaped, variable, word};
use super::tree::{self, Member, Node};
use crate::plan::words::{Statuses, Template};
use crate::plan::{Content, Failing, Step};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Reads a description, in JSON or YAML.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let root = if text.trim_start().starts_with('{') { tree::json(text) } else { tree::yaml(text) }?;
    if root.get("openapi").or(root.get("swagger")).is_none() {
        return Err(NoImport::at(1, "a description begins with `openapi` or `swagger`"));
    }
    let api = Api { root: &root };
    let prefix = target(&root, draft);
    draft.plan.about = root.at(&["info", "title"]).and_then(Node::text).map(str::to_owned);
    let mut steps = Steps::default();
    for path in root.get("paths").map_or(&[][..], Node::members) {
        for operation in path.node.members().iter().filter(|member| METHODS.contains(&member.key.as_str())) {
            let mut parameters: Vec<&Node> = path.node.get("parameters").map_or(&[][..], Node::items).iter().collect();
            let own = operation.node.get("parameters").map_or(&[][..], Node::items);
            parameters.extend(own);
            step(&api, &prefix, path, operation, &parameters, draft, &mut steps);
        }
    }
    draft.scenario("operations", 1, steps);
    Ok(())
}

/// The description, in which references point at other parts of it.
pub(super) struct Api<'n> {
    root: &'n Node,
}

impl<'n> Api<'n> {
    /// What a reference points at, or the node itself. None where it points nowhere, out of the file or in a circle.
    pub(super) fn resolved(&self, mut node: &'n Node) -> Option<&'n Node> {
        for _ in 0..16 {
            let Some(reference) = node.text_at("$ref") else { return Some(node) };
            let names: Vec<_> = reference
                .strip_prefix("#/")?
                .split('/')
                .map(|name| name.replace("~1", "/").replace("~0", "~"))
                .collect();
            node = names.iter().try_fold(self.root, |node, name| node.get(name))?;
        }
        None
    }
}

/// Sets the target; gives what comes before every path.
fn target(root: &Node, draft: &mut Draft) -> String {
    let server = root.get("servers").and_then(|servers| servers.items().first());
    let address = match (server, root.text_at("host")) {
        (Some(server), _) => {
            let url = server.text_at("url").unwrap_or_default().to_owned();
            let variables = server.get("variables").map_or(&[][..], Node::members).iter();
            variables.fold(url, |url, member| {
                url.replace(&format!("{{{}}}", member.key), member.node.text_at("default").unwrap_or_default())
            })
        }
        (None, Some(host)) => {
            let scheme =
                root.get("schemes").and_then(|schemes| schemes.items().first()).and_then(Node::text).unwrap_or("https");
            format!("{scheme}://{host}{}", root.text_at("basePath").unwrap_or_default())
        }
        (None, None) => root.text_at("basePath").unwrap_or_default().to_owned(),
    };
    match super::urls::split(&address) {
        Some((base, path)) => {
            draft.plan.target = Some(base.to_owned());
            draft.taking.took();
            path.trim_end_matches('/').to_owned()
        }
        None => {
            let line = server.map_or(1, |server| server.line);
            draft.taking.not("servers", line, "no address of a server stands in it", "say it with --target");
            address.trim_end_matches('/').to_owned()
        }
    }
}

fn step<'n>(
    api: &Api<'n>,
    prefix: &str,
    path: &'n Member,
    operation: &'n Member,
    parameters: &[&'n Node],
    draft: &mut Draft,
    steps: &mut Steps,
) {
    let shown = format!("{} {}", operation.key.to_uppercase(), path.key);
    let name = operation.node.text_at("operationId").unwrap_or(&shown);
    let mut written = escaped(&format!("{prefix}{}", path.key));
    let mut later = Vec::new();
    let mut given = BTreeSet::new();
    // An operation's own parameters come before those of its path.
    for parameter in parameters.iter().rev().copied() {
        let Some(parameter) = api.resolved(parameter) else {
            draft.taking.not(
                format!("parameter of {shown}"),
                parameter.line,
                "its reference points out of this file",
                "add it to the step",
            );
            continue;
        };
        let (name, place) =
            (parameter.text_at("name").unwrap_or_default(), parameter.text_at("in").unwrap_or_default());
        if !given.insert((name, place)) {
            continue;
        }
        let needed = parameter.text_at("required") == Some("true") || place == "path";
        let value = match values::of_parameter(api, parameter) {
            Some(text) => Template::literal(text),
            None if needed && place != "body" => {
                missing(draft, name, &format!("parameter {name} of {shown}"), parameter.line)
            }
            None => Template::literal(""),
        };
        match place {
            "path" => written = written.replace(&format!("{{{name}}}"), &value.to_string()),
            _ if needed || !value.pieces().is_empty() => later.push((place, name, value, parameter)),
            _ => {}
        }
    }
    let Some(mut step) = written.parse().ok().and_then(|path| draft::step(name, &operation.key, path)) else {
        return draft.taking.not(shown, operation.line, "its path is not understood", "write it as a step");
    };
    for (place, name, value, parameter) in later {
        match place {
            "query" => drop(step.query.insert(name.to_owned(), value)),
            "header" => drop(step.headers.insert(name.to_ascii_lowercase(), value)),
            "cookie" => {
                drop(step.headers.insert("cookie".to_owned(), format!("{name}={value}").parse().unwrap_or(value)))
            }
            "formData" => form(&mut step, name, value),
            "body" => {
                if let Some(schema) = parameter.get("schema") {
                    let json = values::body(api, schema, draft, &shown);
                    step.content = json.map(Content::Json);
                }
            }
            other => draft.taking.not(
                format!("parameter {name} of {shown}"),
                parameter.line,
                format!("it is in {other}"),
                "add it to the step",
            ),
        }
    }
    if let Some(body) = operation.node.get("requestBody").and_then(|body| api.resolved(body)) {
        content(api, body, &mut step, &shown, draft);
    }
    security(api, &operation.node, &mut step, &shown, draft);
    if let Some(status) = good_status(&operation.node) {
        step.expect.status.push(status);
    }
    // One operation that fails says nothing of the others.
    step.on_error = Failing::GoOn;
    draft.taking.took();
    steps.add(step);
}

fn form(step: &mut Step, name: &str, value: Template) {
    match &mut step.content {
        Some(Content::Form(fields)) => drop(fields.insert(name.to_owned(), value)),
        _ => step.content = Some(Content::Form([(name.to_owned(), value)].into())),
    }
}

fn content<'n>(api: &Api<'n>, body: &'n Node, step: &mut Step, shown: &str, draft: &mut Draft) {
    let kinds = body.get("content").map_or(&[][..], Node::members);
    let json = kinds.iter().find(|kind| kind.key.contains("json"));
    let form = kinds.iter().find(|kind| kind.key == "application/x-www-form-urlencoded");
    match (json, form, kinds.first()) {
        (Some(json), ..) => step.content = values::of_media(api, &json.node, draft, shown).map(Content::Json),
        (None, Some(form), _) => {
            step.content = values::of_media(api, &form.node, draft, shown).and_then(values::form).map(Content::Form)
        }
        (None, None, Some(other)) => {
            draft.taking.not(
                format!("body of {shown}"),
                other.line,
                format!("its kind is {}", other.key),
                "write it as `body` or `multipart`",
            );
        }
        (None, None, None) => {}
    }
}

/// What says who asks: a header, of the plan's secrets.
fn security<'n>(api: &Api<'n>, operation: &'n Node, step: &mut Step, shown: &str, draft: &mut Draft) {
    let Some(wanted) = operation.get("security").or(api.root.get("security")) else { return };
    let Some(name) = wanted.items().first().and_then(|one| one.members().first()).map(|one| one.key.as_str()) else {
        return;
    };
    let schemes = api.root.at(&["components", "securitySchemes"]).or(api.root.get("securityDefinitions"));
    let Some(scheme) = schemes.and_then(|schemes| schemes.get(name)).and_then(|scheme| api.resolved(scheme)) else {
        return;
    };
    let secret = word(name).replace('-', "_").to_uppercase();
    let (header, value) = match (scheme.text_at("type"), scheme.text_at("in"), scheme.text_at("scheme")) {
        (Some("apiKey"), Some("header"), _) => {
            (scheme.text_at("name").unwrap_or("authorization").to_ascii_lowercase(), format!("${{secret:{secret}}}"))
        }
        (Some("http"), _, Some("basic")) | (Some("basic"), ..) => {
            ("authorization".to_owned(), format!("Basic ${{secret:{secret}}}"))
        }
        (Some("http" | "oauth2" | "openIdConnect"), ..) => {
            ("authorization".to_owned(), format!("Bearer ${{secret:{secret}}}"))
        }
        _ => {
            return draft.taking.not(
                format!("security {name} of {shown}"),
                scheme.line,
                "it is no header",
                "add it to the step",
            );
        }
    };
    draft.taking.not(
        format!("security {name}"),
        scheme.line,
        "what says who asks is not in a description",
        format!("set the environment variable {secret}"),
    );
    step.headers.extend(value.parse().ok().map(|value| (header, value)));
}

/// The first good status that an operation has.
fn good_status(operation: &Node) -> Option<Statuses> {
    let codes = operation.get("responses")?.members().iter().map(|member| member.key.as_str());
    let good = codes.filter(|code| code.starts_with('2') || code.starts_with('3'));
    good.min()
        .and_then(|code| code.parse().ok().and_then(Statuses::number).or_else(|| Statuses::word(&code.to_lowercase())))
}

/// A place for a value that must be there and is not.
fn missing(draft: &mut Draft, name: &str, element: &str, line: usize) -> Template {
    let place = word(name);
    draft.plan.variables.entry(place.clone()).or_insert_with(|| Template::literal("TODO"));
    let instead = format!("give `{place}` a value under [variables]; `TODO` stands there");
    draft.taking.not(element, line, "it has no example and no default", instead);
    variable(&place).parse().unwrap_or_else(|_| Template::literal("TODO"))
}
