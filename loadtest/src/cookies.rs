//! The cookies of one user, as browsers keep them (RFC 6265), without what only matters to people: no sites, no
//! scripts, and an end only where it has already passed.

use std::time::SystemTime;

use hyper::Uri;
use hyper::header::{HeaderMap, HeaderValue, SET_COOKIE};
use jiff::Timestamp;

/// The cookies of one user.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// Whether only the very host that gave it gets it.
    only_host: bool,
    path: String,
    secure: bool,
}

impl Jar {
    /// What to send to an address.
    pub fn header(&self, target: &Uri) -> Option<HeaderValue> {
        let (host, path) = (host(target), target.path());
        let secure = target.scheme_str() == Some("https");
        let mut sent: Vec<&Cookie> = self.cookies.iter().filter(|cookie| cookie.goes_to(&host, path, secure)).collect();
        // Longer paths come first; what is equally long stays in the order in which it came.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| HeaderValue::from_str(&pairs.join("; ")).ok()).flatten()
    }

    /// Keeps what an answer from an address gives.
    pub fn learn(&mut self, target: &Uri, headers: &HeaderMap, now: SystemTime) {
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let Some((cookie, over)) = read(line, target, now) else { continue };
            let same =
                |kept: &Cookie| (&kept.name, &kept.domain, &kept.path) == (&cookie.name, &cookie.domain, &cookie.path);
            let place = self.cookies.iter().position(same);
            match (place, over) {
                (Some(place), true) => drop(self.cookies.remove(place)),
                (Some(place), false) => self.cookies[place] = cookie,
                (None, true) => {}
                (None, false) => self.cookies.push(cookie),
            }
        }
    }

    /// The value of the cookie with a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.cookies.iter().rev().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }
}

impl Cookie {
    fn goes_to(&self, host: &str, path: &str, secure: bool) -> bool {
        let host_fits = if self.only_host { host == self.domain } else { within(host, &self.domain) };
        let path_fits = path
            .strip_prefix(&self.path)
            .is_some_and(|rest| self.path.ends_with('/') || rest.is_empty() || rest.starts_with('/'));
        host_fits && path_fits && (secure || !self.secure)
    }
}

/// Whether a host is a domain's own or below it.
fn within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn host(target: &Uri) -> String {
    target.host().unwrap_or_default().to_ascii_lowercase()
}

/// A `set-cookie` header, and whether the cookie's time is over already. None if it is not for this host.
fn read(line: &str, target: &Uri, now: SystemTime) -> Option<(Cookie, bool)> {
    let mut parts = line.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let host = host(target);
    let directory = target.path().rfind('/').map_or("/", |end| &target.path()[..end.max(1)]);
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        domain: host.clone(),
        only_host: true,
        path: directory.to_owned(),
        secure: false,
    };
    let (mut expired, mut aged) = (false, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" if !value.is_empty() => {
                cookie.domain = value.trim_start_matches('.').to_ascii_lowercase();
                cookie.only_host = false;
            }
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.secure = true,
            "max-age" => aged = value.parse::<i64>().ok().map(|seconds| seconds <= 0),
            "expires" => expired = is_past(value, now),
            _ => {}
        }
    }
    let allowed = cookie.only_host || (within(&host, &cookie.domain) && cookie.domain.contains('.'));
    (allowed && !cookie.name.is_empty()).then_some((cookie, aged.unwrap_or(expired)))
}

/// `Thu, 01 Jan 1970 00:00:00 GMT`, with spaces or dashes.
fn is_past(date: &str, now: SystemTime) -> bool {
    let date = date.replace('-', " ").replace("GMT", "+0000").replace("UTC", "+0000");
    let date = date.split_once(',').map_or(date.as_str(), |(_, date)| date.trim());
    let end = jiff::fmt::strtime::parse("%d %b %Y %H:%M:%S %z", date).and_then(|date| date.to_timestamp());
    end.ok().zip(Timestamp::try_from(now).ok()).is_some_and(|(end, now)| end <= now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn jar(lines: &[&str]) -> Jar {
        let mut jar = Jar::default();
        for line in lines {
            let headers = HeaderMap::from_iter([(SET_COOKIE, line.parse().unwrap())]);
            let now = NOW + Duration::from_secs(1_767_323_045);
            jar.learn(&"https://shop.example.com/account/login".parse().unwrap(), &headers, now);
        }
        jar
    }

    fn sent(lines: &[&str], target: &str) -> String {
        jar(lines).header(&target.parse().unwrap()).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_cookie_goes_back_to_where_it_came_from() {
        let given = ["a=1; Path=/", "b=2"];
        assert_eq!(sent(&given, "https://shop.example.com/account/cart"), "b=2; a=1");
        assert_eq!(sent(&given, "https://shop.example.com/"), "a=1");
        assert_eq!(sent(&given, "https://example.com/"), "");
        assert_eq!(sent(&["a=1; Domain=example.com; Path=/"], "https://www.example.com/"), "a=1");
        assert_eq!(sent(&["a=1; Path=/acc"], "https://shop.example.com/account"), "");
        assert_eq!(sent(&["a=1; Path=/; Secure"], "http://shop.example.com/"), "");
    }

    #[test]
    fn a_new_value_replaces_and_an_end_takes_away() {
        assert_eq!(sent(&["a=1; Path=/", "a=2; Path=/"], "https://shop.example.com/"), "a=2");
        assert_eq!(sent(&["a=1; Path=/", "a=; Path=/; Max-Age=0"], "https://shop.example.com/"), "");
        let ended = "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(sent(&["a=1; Path=/", ended], "https://shop.example.com/"), "");
        assert_eq!(sent(&["a=1; Path=/; Expires=Thu, 01-Jan-2099 00:00:00 GMT"], "https://shop.example.com/"), "a=1");
    }

    #[test]
    fn what_is_for_others_is_not_kept() {
        assert_eq!(jar(&["a=1; Domain=elsewhere.com", "b=1; Domain=com", "=1", "c"]).cookies.len(), 0);
        assert_eq!(jar(&["a=x=y"]).get("a"), Some("x=y"));
    }
}
