//! What can be set, in one table: from it grow the command's flags, the environment that is read, the fields of a
//! Lambda's event, and the names in messages. Values are text here; [`crate::input`] says whether they are good.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::input::{Problem, Problems};

/// One thing that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is explained in the table below, for its users")]
pub enum Name {
    TargetUrl,
    Duration,
    Users,
    Think,
    Rate,
    InFlight,
    Ramp,
    Phases,
    Timeout,
    Method,
    Headers,
    Body,
}

/// What is said of a setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Which it is.
    pub name: Name,
    /// The field of an event. The flag is the same with dashes.
    pub field: &'static str,
    /// The environment's variable.
    pub variable: &'static str,
    /// What holds when nothing is said; empty for nothing.
    pub default: &'static str,
    /// For the help.
    pub help: &'static str,
}

/// All settings, in the order of the help.
pub const SETTINGS: [Setting; 12] = [
    Setting {
        name: Name::TargetUrl,
        field: "target_url",
        variable: "TARGET_URL",
        default: "",
        help: "What is asked: an address that begins with http:// or https://",
    },
    Setting {
        name: Name::Duration,
        field: "duration",
        variable: "TEST_DURATION",
        default: "300",
        help: "How long requests are sent: seconds, or 90s, 5m, 1h",
    },
    Setting {
        name: Name::Users,
        field: "users",
        variable: "CONCURRENT_USERS",
        default: "100",
        help: "How many users ask, each one request at a time, with a connection of its own",
    },
    Setting {
        name: Name::Think,
        field: "think",
        variable: "THINK_TIME",
        default: "1s",
        help: "How long a user waits between an answer and the next request, on average",
    },
    Setting {
        name: Name::Rate,
        field: "rate",
        variable: "REQUESTS_PER_SECOND",
        default: "",
        help: "Instead of users: requests that begin each second, however slow the answers are",
    },
    Setting {
        name: Name::InFlight,
        field: "in_flight",
        variable: "MAX_IN_FLIGHT",
        default: "900",
        help: "With a rate: at most this many requests at one time; those beyond are counted as not sent",
    },
    Setting {
        name: Name::Ramp,
        field: "ramp",
        variable: "RAMP_TIME",
        default: "0",
        help: "How much of the duration goes from nothing to the full load",
    },
    Setting {
        name: Name::Phases,
        field: "phases",
        variable: "LOAD_PHASES",
        default: "",
        help: "Instead of duration and ramp: lengths and percentages of the load, as 30s:0-100, 4m:100, 30s:100-0",
    },
    Setting {
        name: Name::Timeout,
        field: "timeout",
        variable: "REQUEST_TIMEOUT",
        default: "10s",
        help: "How long one request may take, from the connection to the last byte",
    },
    Setting {
        name: Name::Method,
        field: "method",
        variable: "REQUEST_METHOD",
        default: "GET",
        help: "The request's method",
    },
    Setting {
        name: Name::Headers,
        field: "headers",
        variable: "REQUEST_HEADERS",
        default: "",
        help: "The request's headers, one a line, as Name: value",
    },
    Setting { name: Name::Body, field: "body", variable: "REQUEST_BODY", default: "", help: "The request's body" },
];

impl Name {
    /// What the table says of it.
    pub fn setting(self) -> &'static Setting {
        SETTINGS.iter().find(|setting| setting.name == self).expect("the table has every name: a test counts them")
    }
}

/// The values that were given. What was not given has its default.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    given: BTreeMap<Name, String>,
}

impl Settings {
    /// Those of an environment. An empty variable is one that is not set.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Settings {
        let mut settings = Settings::default();
        for setting in &SETTINGS {
            if let Some(value) = variable(setting.variable).filter(|value| !value.is_empty()) {
                settings.set(setting.name, value);
            }
        }
        settings
    }

    /// Says one, in place of what was said before.
    pub fn set(&mut self, name: Name, value: impl Into<String>) {
        self.given.insert(name, value.into());
    }

    /// What was said of one, or its default; none where it has none.
    pub fn get(&self, name: Name) -> Option<&str> {
        let default = Some(name.setting().default).filter(|default| !default.is_empty());
        self.given.get(&name).map(String::as_str).or(default)
    }

    /// These, with what an event says instead.
    ///
    /// An event of EventBridge has the settings in its `detail`; any other event has them itself. A field that is no
    /// setting is a problem: it is a setting that was misspelt, and the test would not be the one that was meant.
    pub fn overridden_by(&self, event: &Value) -> Result<Settings, Problems> {
        let said = asked(event);
        let mut settings = self.clone();
        let mut problems = Vec::new();
        match said {
            Value::Null => {}
            Value::Object(fields) => {
                for (field, value) in fields {
                    match (SETTINGS.iter().find(|setting| setting.field == field), plain(value)) {
                        (Some(setting), Some(text)) => settings.set(setting.name, text),
                        (Some(setting), None) => {
                            problems.push(Problem::of(setting.name, "is neither text nor a number"))
                        }
                        (None, _) => problems.push(Problem::unknown(field)),
                    }
                }
            }
            _ => problems.push(Problem::no_event()),
        }
        if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
    }
}

/// What an event asks for: one of EventBridge has it in its `detail`.
pub(crate) fn asked(event: &Value) -> &Value {
    if event.get("detail-type").is_some() { event.get("detail").unwrap_or(&Value::Null) } else { event }
}

/// A value as the text that it would be in the environment; headers may be an object of texts.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(headers) => {
            let lines = headers.iter().map(|(name, value)| Some(format!("{name}: {}", value.as_str()?)));
            lines.collect::<Option<Vec<_>>>().map(|lines| lines.join("\n"))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_has_every_name_once_and_in_order() {
        let names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
        assert!(names.is_sorted_by(|one, next| (*one as usize) + 1 == *next as usize), "{names:?}");
        assert_eq!(names.last(), Some(&Name::Body));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let settings = Settings::from_variables(|name| (name == "CONCURRENT_USERS").then(String::new));
        assert_eq!(settings.get(Name::Users), Some("100"));
    }

    #[test]
    fn an_event_says_more_than_the_environment() {
        let settings = Settings::from_variables(|name| (name == "TEST_DURATION").then(|| "300".to_owned()));
        let both = settings.overridden_by(&json!({"users": 5, "headers": {"a": "b", "c": "d"}})).unwrap();
        assert_eq!(both.get(Name::Users), Some("5"));
        assert_eq!(both.get(Name::Duration), Some("300"));
        assert_eq!(both.get(Name::Headers), Some("a: b\nc: d"));
    }

    #[test]
    fn a_scheduled_event_is_no_setting_itself() {
        let event =
            json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {"rate": 2}});
        assert_eq!(Settings::default().overridden_by(&event).unwrap().get(Name::Rate), Some("2"));
    }

    #[test]
    fn what_an_event_says_wrongly_is_said_all_at_once() {
        let problems = Settings::default().overridden_by(&json!({"usres": 5, "users": true})).unwrap_err().to_string();
        assert!(problems.contains("usres") && problems.contains("CONCURRENT_USERS"), "{problems}");
    }
}
