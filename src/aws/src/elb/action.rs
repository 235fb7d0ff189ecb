//! What becomes of a request: passed on, sent elsewhere, or answered at once. Of listeners and of their rules.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Action as Live, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum, TargetGroupStickinessConfig, TargetGroupTuple,
};
use infra_engine::check::Violation;
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::target_group::{Protocol, TargetGroupArn};

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Passed on to target groups.
    Forward(Forward),
    /// The client is sent elsewhere.
    Redirect(Redirect),
    /// Answered at once.
    Respond(Response),
    /// Something that this program does not write, by AWS's name for it. Only ever read: a definition cannot ask for it.
    Foreign(String),
}

/// To whom a request is passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forward {
    /// The groups, one to five.
    pub groups: BTreeSet<Share>,
    /// For so many seconds a client stays with the group that it was given to first: 1 to 604800.
    pub sticky_seconds: Option<u32>,
}

/// How much of what is passed on a group gets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share {
    /// The group.
    pub group: Ref<TargetGroupArn>,
    /// So many parts of the whole: 0 to 999.
    pub weight: u16,
}

/// Where a client is sent. What is not said stays as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Redirect {
    /// Over which protocol.
    pub protocol: Option<Protocol>,
    /// To which host.
    pub host: Option<String>,
    /// To which port.
    pub port: Option<u16>,
    /// To which path; `#{path}` in it is the path that was asked for, without the slash that it begins with.
    pub path: Option<String>,
    /// With which query.
    pub query: Option<String>,
    /// Whether it is for good.
    pub moved: Moved,
}

/// Whether a client is sent elsewhere for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// For good: 301, which clients remember.
    #[default]
    Permanently,
    /// For now: 302.
    Temporarily,
}

/// An answer given at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// Its code: 200 to 299 or 400 to 599.
    pub status: u16,
    /// What its text is.
    pub content: Content,
    /// Its text, at most 1024 characters.
    pub text: String,
}

/// What the text of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Plain text.
    #[serde(rename = "text/plain")]
    Plain,
    /// A page.
    #[serde(rename = "text/html")]
    Html,
    /// A style sheet.
    #[serde(rename = "text/css")]
    Css,
    /// A script.
    #[serde(rename = "application/javascript")]
    Script,
    /// JSON.
    #[serde(rename = "application/json")]
    Json,
}

impl Action {
    /// Passed on to one group.
    pub fn forward(group: Ref<TargetGroupArn>) -> Action {
        Action::Forward(Forward { groups: [Share { group, weight: 1 }].into(), sticky_seconds: None })
    }

    /// Shared out among groups by weight: `Action::weighted([(new, 10), (old, 90)])`.
    pub fn weighted(groups: impl IntoIterator<Item = (Ref<TargetGroupArn>, u16)>) -> Action {
        let groups = groups.into_iter().map(|(group, weight)| Share { group, weight }).collect();
        Action::Forward(Forward { groups, sticky_seconds: None })
    }

    /// Asked for again, encrypted, at port 443; for good.
    pub fn to_https() -> Action {
        Action::Redirect(Redirect { protocol: Some(Protocol::Https), port: Some(443), ..Redirect::default() })
    }

    /// Answered with this code and this plain text.
    pub fn respond(status: u16, text: impl Into<String>) -> Action {
        Action::Respond(Response { status, content: Content::Plain, text: text.into() })
    }

    /// The actions as AWS takes them: a list, of which this program writes only the one that ends it.
    pub(super) fn written(&self) -> Vec<Live> {
        let action = match self {
            Action::Forward(forward) => {
                let Forward { groups, sticky_seconds } = forward;
                let share = |Share { group, weight }: &Share| {
                    let share = TargetGroupTuple::builder().target_group_arn(group.value());
                    share.weight(i32::from(*weight)).build()
                };
                let sticky = TargetGroupStickinessConfig::builder()
                    .enabled(sticky_seconds.is_some())
                    .set_duration_seconds(sticky_seconds.and_then(|seconds| i32::try_from(seconds).ok()));
                let config = ForwardActionConfig::builder()
                    .set_target_groups(Some(groups.iter().map(share).collect()))
                    .target_group_stickiness_config(sticky.build());
                Live::builder().r#type(ActionTypeEnum::Forward).forward_config(config.build())
            }
            Action::Redirect(redirect) => {
                let Redirect { protocol, host, port, path, query, moved } = redirect;
                let config = RedirectActionConfig::builder()
                    .protocol(protocol.map_or(PROTOCOL, |protocol| match protocol {
                        Protocol::Http => "HTTP",
                        Protocol::Https => "HTTPS",
                    }))
                    .host(host.as_deref().unwrap_or(HOST))
                    .port(port.map_or_else(|| PORT.to_owned(), |port| port.to_string()))
                    .path(path.as_deref().unwrap_or(PATH))
                    .query(query.as_deref().unwrap_or(QUERY))
                    .status_code(match moved {
                        Moved::Permanently => RedirectActionStatusCodeEnum::Http301,
                        Moved::Temporarily => RedirectActionStatusCodeEnum::Http302,
                    });
                Live::builder().r#type(ActionTypeEnum::Redirect).redirect_config(config.build())
            }
            Action::Respond(response) => {
                let Response { status, content, text } = response;
                let config = FixedResponseActionConfig::builder()
                    .status_code(status.to_string())
                    .content_type(content.text())
                    .message_body(text);
                Live::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(config.build())
            }
            Action::Foreign(kind) => Live::builder().r#type(kind.as_str().into()),
        };
        vec![action.build()]
    }

    /// The action that would have produced these. More than one begin with logins, which this program does not write.
    pub(super) fn of(live: &[Live]) -> Action {
        let foreign = |action: &Live| Action::Foreign(action.r#type().map_or_else(String::new, ToString::to_string));
        let action = match live {
            [action] => action,
            [first, ..] => return foreign(first),
            [] => return Action::Foreign("none".into()),
        };
        match action.r#type() {
            Some(ActionTypeEnum::Forward) => Action::Forward(forward(action)),
            Some(ActionTypeEnum::Redirect) => action.redirect_config().map_or_else(|| foreign(action), redirect),
            Some(ActionTypeEnum::FixedResponse) => {
                let response = action.fixed_response_config().and_then(response);
                response.map_or_else(|| foreign(action), Action::Respond)
            }
            _ => foreign(action),
        }
    }
}

// What AWS fills in where nothing is said: as it was asked for.
const PROTOCOL: &str = "#{protocol}";
const HOST: &str = "#{host}";
const PORT: &str = "#{port}";
const PATH: &str = "/#{path}";
const QUERY: &str = "#{query}";

/// One group alone may be given in the short form too.
fn forward(action: &Live) -> Forward {
    let shares = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let share = |tuple: &TargetGroupTuple| {
        let weight = tuple.weight().and_then(|weight| u16::try_from(weight).ok()).unwrap_or(1);
        Some(Share { group: Ref::known(tuple.target_group_arn()?), weight })
    };
    let mut groups: BTreeSet<Share> = shares.iter().filter_map(share).collect();
    if groups.is_empty() {
        groups.extend(action.target_group_arn().map(|group| Share { group: Ref::known(group), weight: 1 }));
    }
    let sticky = action.forward_config().and_then(ForwardActionConfig::target_group_stickiness_config);
    let sticky = sticky.filter(|sticky| sticky.enabled() == Some(true));
    let seconds = sticky.and_then(TargetGroupStickinessConfig::duration_seconds);
    Forward { groups, sticky_seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()) }
}

fn redirect(config: &RedirectActionConfig) -> Action {
    let said = |value: Option<&str>, usual: &str| value.filter(|value| *value != usual).map(str::to_owned);
    Action::Redirect(Redirect {
        protocol: match config.protocol() {
            Some("HTTP") => Some(Protocol::Http),
            Some("HTTPS") => Some(Protocol::Https),
            _ => None,
        },
        host: said(config.host(), HOST),
        port: config.port().and_then(|port| port.parse().ok()),
        path: said(config.path(), PATH),
        query: said(config.query(), QUERY),
        moved: match config.status_code() {
            Some(RedirectActionStatusCodeEnum::Http302) => Moved::Temporarily,
            _ => Moved::Permanently,
        },
    })
}

fn response(config: &FixedResponseActionConfig) -> Option<Response> {
    Some(Response {
        status: config.status_code()?.parse().ok()?,
        content: Content::of(config.content_type().unwrap_or("text/plain"))?,
        text: config.message_body().unwrap_or_default().to_owned(),
    })
}

impl Content {
    const ALL: [Content; 5] = [Content::Plain, Content::Html, Content::Css, Content::Script, Content::Json];

    fn text(self) -> &'static str {
        match self {
            Content::Plain => "text/plain",
            Content::Html => "text/html",
            Content::Css => "text/css",
            Content::Script => "application/javascript",
            Content::Json => "application/json",
        }
    }

    fn of(text: &str) -> Option<Content> {
        Content::ALL.into_iter().find(|content| content.text() == text)
    }
}

/// V30: what is wrong with how much each group gets.
pub(super) fn forward_fits(action: &Action) -> Vec<Violation> {
    let Action::Forward(Forward { groups, sticky_seconds }) = action else { return Vec::new() };
    let mut violations = Vec::new();
    let mut wrong = |wrong: &str, way_out| violations.push(Violation::of("action", action, wrong, way_out));
    let distinct: BTreeSet<_> = groups.iter().map(|share| &share.group).collect();
    if !(1..=5).contains(&groups.len()) || distinct.len() < groups.len() {
        wrong("it names no group, or more than five, or one twice", "name one to five groups, each once");
    } else if groups.iter().all(|share| share.weight == 0) {
        wrong("no group gets anything", "give one of them a weight");
    }
    if groups.iter().any(|share| share.weight > 999) {
        wrong("a weight is too large", "write 0 to 999");
    }
    if sticky_seconds.is_some_and(|seconds| !(1..=604_800).contains(&seconds)) {
        wrong("the time that clients stay is out of range", "write 1 to 604800 seconds");
    }
    violations
}

/// V33: nothing is asked for that only reading gives.
pub(super) fn is_written(action: &Action) -> Vec<Violation> {
    let Action::Foreign(kind) = action else { return Vec::new() };
    let wrong = format!("`{kind}` is nothing that this program writes");
    vec![Violation::of("action", action, wrong, "forward, redirect or respond")]
}

/// V34: what is wrong with where clients are sent, and with what they are told. `port` and `protocol` are those that
/// they come by, where that is known.
pub(super) fn answer_fits(action: &Action, comes_by: Option<(Protocol, u16)>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut wrong = |wrong: &str, way_out| violations.push(Violation::of("action", action, wrong, way_out));
    match action {
        Action::Redirect(Redirect { protocol, host, port, path, query, moved: _ }) => {
            let (was, at) = comes_by.unzip();
            let same = (protocol.is_none() || *protocol == was) && (port.is_none() || *port == at);
            if same && host.is_none() && path.is_none() && query.is_none() {
                wrong("it sends clients to where they come from", "change the protocol, host, port, path or query");
            }
        }
        Action::Respond(Response { status, content: _, text }) => {
            if !(200..300).contains(status) && !(400..600).contains(status) {
                wrong("its code is none that can be given", "write 200 to 299 or 400 to 599");
            }
            if text.chars().count() > 1024 {
                wrong("its text is longer than 1024 characters", "say it shorter, or forward to what says it");
            }
        }
        Action::Forward(_) | Action::Foreign(_) => {}
    }
    violations
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn group(name: &str) -> Ref<TargetGroupArn> {
        Ref::known(name)
    }

    #[test]
    fn every_action_survives_the_way_and_back() {
        let sticky = Forward { groups: [Share { group: group("a"), weight: 7 }].into(), sticky_seconds: Some(60) };
        let elsewhere = Redirect {
            host: Some("example.com".into()),
            path: Some("/new/#{path}".into()),
            query: Some("a=b".into()),
            moved: Moved::Temporarily,
            ..Redirect::default()
        };
        for action in [
            Action::forward(group("a")),
            Action::weighted([(group("a"), 10), (group("b"), 0)]),
            Action::Forward(sticky),
            Action::to_https(),
            Action::Redirect(elsewhere),
            Action::respond(404, "nothing here"),
            Action::Respond(Response { status: 200, content: Content::Json, text: "{}".into() }),
        ] {
            assert_eq!(Action::of(&action.written()), action);
            let document = serde_json::to_value(&action).unwrap();
            assert_eq!(serde_json::from_value::<Action>(document).unwrap(), action);
        }
    }

    #[test]
    fn one_group_in_the_short_form_is_the_same() {
        let short = Live::builder().r#type(ActionTypeEnum::Forward).target_group_arn("a").build();
        assert_eq!(Action::of(&[short]), Action::forward(group("a")));
    }

    #[test]
    fn what_this_program_does_not_write_is_seen() {
        let login = Live::builder().r#type(ActionTypeEnum::AuthenticateOidc).build();
        let [last] = &Action::forward(group("a")).written()[..] else { panic!("one action") };
        assert_eq!(Action::of(&[login, last.clone()]), Action::Foreign("authenticate-oidc".into()));
    }

    #[test]
    fn a_plan_reads_well() {
        let document = serde_json::to_value(Action::forward(group("a"))).unwrap();
        assert_eq!(document, json!({"forward": {"groups": [{"group": "a", "weight": 1}], "sticky_seconds": null}}));
    }

    #[test]
    fn v30_shares() {
        let counts = |action: Action| forward_fits(&action).len();
        assert_eq!(counts(Action::weighted([])), 1);
        assert_eq!(counts(Action::weighted([(group("a"), 0)])), 1);
        assert_eq!(counts(Action::weighted([(group("a"), 1), (group("a"), 2)])), 1);
        assert_eq!(counts(Action::weighted([(group("a"), 1000)])), 1);
        assert_eq!(counts(Action::weighted("abcdef".chars().map(|name| (group(&name.to_string()), 1)))), 1);
        assert_eq!(counts(Action::weighted([(group("a"), 999), (group("b"), 0)])), 0);
        let sticky = |seconds| {
            let groups = [Share { group: group("a"), weight: 1 }].into();
            counts(Action::Forward(Forward { groups, sticky_seconds: Some(seconds) }))
        };
        assert_eq!((sticky(0), sticky(604_800)), (1, 0));
    }

    #[test]
    fn v33_and_v34() {
        assert_eq!(is_written(&Action::Foreign("authenticate-oidc".into())).len(), 1);
        assert_eq!(is_written(&Action::to_https()), []);
        let counts = |action: Action, by| answer_fits(&action, by).len();
        assert_eq!(counts(Action::Redirect(Redirect::default()), None), 1);
        assert_eq!(counts(Action::to_https(), Some((Protocol::Https, 443))), 1);
        assert_eq!(counts(Action::to_https(), Some((Protocol::Http, 80))), 0);
        assert_eq!(counts(Action::to_https(), None), 0);
        assert_eq!(counts(Action::respond(301, ""), None), 1);
        assert_eq!(counts(Action::respond(503, "x".repeat(1025)), None), 1);
        assert_eq!(counts(Action::respond(503, "closed"), None), 0);
    }
}
