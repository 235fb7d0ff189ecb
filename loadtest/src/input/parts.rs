//! Reads one setting's text. An error is the rule that it breaks, to be said after the setting's name and value.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, USER_AGENT};
use hyper::{HeaderMap, Method, Uri};

use super::LONGEST;
use crate::test::Phase;

const MOST_PHASES: usize = 50;

/// The headers that follow from the request.
pub(crate) const FRAMING: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

pub(super) fn number<N>(text: &str, allowed: RangeInclusive<N>) -> Result<N, String>
where
    N: FromStr + PartialOrd + Display,
{
    let rule = || format!("give a number from {} to {}", allowed.start(), allowed.end());
    let number = text.trim().parse().map_err(|_| rule())?;
    if allowed.contains(&number) { Ok(number) } else { Err(rule()) }
}

/// `300` and `300s` are seconds; `250ms`, `5m` and `1h` are what they say.
pub(crate) fn duration(text: &str, allowed: RangeInclusive<Duration>) -> Result<Duration, String> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let seconds = match unit.trim() {
        "" | "s" => Some(1.0),
        "ms" => Some(0.001),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let rule = || {
        let (least, most) = (allowed.start().as_secs_f64(), allowed.end().as_secs());
        format!("give a time from {least} s to {most} s, as 300, 250ms, 90s, 5m or 1h")
    };
    let amount: f64 = digits.parse().map_err(|_| rule())?;
    let duration = seconds.and_then(|unit| Duration::try_from_secs_f64(amount * unit).ok());
    duration.filter(|duration| allowed.contains(duration)).ok_or_else(rule)
}

/// `30s:0-100, 4m:100`
pub(crate) fn phases(text: &str) -> Result<Vec<Phase>, String> {
    let phases: Vec<_> = text.split(',').map(phase).collect::<Result<_, _>>()?;
    let whole: Duration = phases.iter().map(|phase| phase.length).sum();
    if phases.len() > MOST_PHASES {
        return Err(format!("it has {} phases; {MOST_PHASES} are the most", phases.len()));
    }
    if whole > LONGEST {
        return Err(format!("it is {} s long in all; {} s are the most", whole.as_secs(), LONGEST.as_secs()));
    }
    if phases.iter().all(|phase| phase.from == 0.0 && phase.to == 0.0) {
        return Err("it asks for no load at all".to_owned());
    }
    Ok(phases)
}

fn phase(text: &str) -> Result<Phase, String> {
    let rule = |wrong: &str| {
        format!("`{}` {wrong}; a phase is a length and one or two percentages, as 30s:0-100", text.trim())
    };
    let (length, shares) = text.split_once(':').ok_or_else(|| rule("has no colon"))?;
    let length = duration(length, Duration::from_millis(1)..=LONGEST).map_err(|_| rule("has no such length"))?;
    let (from, to) = shares.split_once('-').unwrap_or((shares, shares));
    let share = |percent| number(percent, 0.0..=1000.0).map_err(|_| rule("is not between 0 and 1000 percent"));
    Ok(Phase { length, from: share(from)? / 100.0, to: share(to)? / 100.0 })
}

pub(crate) fn target(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.trim().parse().map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("it must begin with http:// or https://".to_owned());
    }
    let authority = uri.authority().ok_or("it has no host")?;
    if authority.as_str().contains('@') {
        return Err("it has a user's name in it; give an authorization header instead".to_owned());
    }
    if authority.host().is_empty() {
        return Err("it has no host".to_owned());
    }
    if authority.as_str().len() > authority.host().len() && uri.port_u16().is_none_or(|port| port == 0) {
        return Err("its port is not between 1 and 65535".to_owned());
    }
    Ok(uri)
}

pub(super) fn method(text: &str) -> Result<Method, String> {
    match Method::from_bytes(text.trim().as_bytes()) {
        Ok(Method::CONNECT) => Err("it asks for a tunnel, which this is not".to_owned()),
        Ok(method) => Ok(method),
        Err(_) => Err("give one word, as GET or POST".to_owned()),
    }
}

pub(super) fn header_lines(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        // The value may be a secret, so the line is told by its number.
        let wrong = |what: &str| format!("line {} {what}; a header is `Name: value`", place + 1);
        let (name, value) = line.split_once(':').ok_or_else(|| wrong("has no colon"))?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong("has no such name"))?;
        if FRAMING.contains(&name) {
            return Err(wrong(&format!("sets `{name}`, which follows from the request")));
        }
        let mut value: HeaderValue = value.trim().parse().map_err(|_| wrong("has no such value"))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// The headers as they are sent: with those that every request has.
pub(crate) fn complete(mut given: HeaderMap, target: &Uri) -> HeaderMap {
    let host = target.authority().and_then(|authority| authority.as_str().parse().ok());
    if let (Some(host), false) = (host, given.contains_key(HOST)) {
        given.insert(HOST, host);
    }
    given.entry(USER_AGENT).or_insert(HeaderValue::from_static(concat!("infra-loadtest/", env!("CARGO_PKG_VERSION"))));
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text| duration(text, Duration::ZERO..=LONGEST).ok();
        assert_eq!(read("300"), Some(Duration::from_secs(300)));
        assert_eq!(read("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read("1.5 m"), Some(Duration::from_secs(90)));
        assert_eq!(read("24h"), Some(LONGEST));
        assert_eq!(["", "s", "-1", "1d", "25h", "1e99", "NaN", "inf"].map(read), [None; 8]);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        assert_eq!(number(" 7 ", 1..=10), Ok(7));
        assert!(number("11", 1..=10).is_err() && number("NaN", 0.0..=1.0).is_err() && number("1.5", 1..=10).is_err());
    }

    #[test]
    fn phases_that_cannot_be_are_refused() {
        for text in ["", "30s", "30s:", "0s:100", "30s:0-1001", "30s:-5", "1m:0", "30s:0-100,", "20h:1,20h:1"] {
            assert!(phases(text).is_err(), "{text}");
        }
        assert!(phases(&vec!["1s:1"; 51].join(",")).is_err());
    }

    #[test]
    fn targets_that_cannot_be_are_refused() {
        for text in [
            "example.com",
            "/path",
            "ftp://a/",
            "http://",
            "http://a:99999/",
            "http://a:0/",
            "http://me@a/",
            "http://:80/",
        ] {
            assert!(target(text).is_err(), "{text}");
        }
        for text in ["http://a", "https://a:8443/b?c", "http://[::1]:80/"] {
            assert!(target(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_header_of_the_framing_is_refused() {
        assert!(header_lines("Content-Length: 5").is_err());
        assert_eq!(header_lines("a: b\n\nA: c").unwrap().get_all("a").iter().count(), 2);
    }
}
