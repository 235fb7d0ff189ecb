//! From a step to the request that it sends.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Shared;
use super::values::{NoValue, Values};
use crate::plan::{Content, Part, Step};
use crate::test::Request;

/// What stands in no address as it is.
const NOT_IN_ADDRESSES: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'\\').add(b'^').add(b'|');

/// What is not one of the characters that stand for themselves everywhere.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a request cannot be made. The values that were filled in are not shown: they may be secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum CannotAsk {
    #[error(transparent)]
    NoValue(#[from] NoValue),
    #[error("what is filled in for `{0}` makes no address")]
    Address(String),
    #[error("what is filled in for the header `{0}` cannot stand in a header")]
    Header(String),
}

/// The request of a step, with everything filled in.
pub(super) fn request(shared: &Shared, step: &Step, values: &Values<'_>) -> Result<Request, CannotAsk> {
    let (method, path) = step.asked.parts();
    let mut address = values.text(path)?;
    if let Some(base) = shared.base.as_ref().filter(|_| address.starts_with('/')) {
        // The target may have a path of its own, under which those of the steps are.
        let base = base.to_string();
        address = format!("{}{address}", base.split('?').next().unwrap_or_default().trim_end_matches('/'));
    }
    let query: Vec<String> =
        pairs(step.query.iter().map(|(name, value)| Ok((name.as_str(), values.text(value)?))), "%20")?;
    if !query.is_empty() {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&query.join("&"));
    }
    let address = utf8_percent_encode(&address, NOT_IN_ADDRESSES).to_string();
    let target: Option<Uri> = address.parse().ok();
    let target =
        target.filter(|target| matches!(target.scheme_str(), Some("http" | "https")) && target.host().is_some());
    let target = target.ok_or_else(|| CannotAsk::Address(path.to_string()))?;

    let mut headers = HeaderMap::new();
    let (body, kind) = body(shared, step, values)?;
    if let Some(kind) = kind {
        headers.insert(CONTENT_TYPE, kind);
    }
    // Those of a step come in place of the plan's, and both in place of what follows from the content.
    for (name, value) in shared.headers.iter().chain(&step.headers) {
        let wrong = |_| CannotAsk::Header(name.clone());
        let mut value: HeaderValue = values.text(value)?.parse().map_err(wrong)?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| CannotAsk::Header(name.clone()))?, value);
    }
    let method = method.parse().unwrap_or(Method::GET);
    let request = Request::new(method, target, headers, body);
    let metric = shared.metrics.iter().any(|(_, metric)| metric.step == step.name && metric.source.reads_body());
    let reads = metric || step.expect.reads_body() || step.take.values().any(|take| take.source.reads_body());
    Ok(if reads { request.reading() } else { request })
}

/// What is sent, and the header that says what it is.
fn body(shared: &Shared, step: &Step, values: &Values<'_>) -> Result<(Bytes, Option<HeaderValue>), CannotAsk> {
    Ok(match &step.content {
        None => (Bytes::new(), None),
        Some(Content::Body(body)) => (values.text(body)?.into(), None),
        Some(Content::Json(json)) => {
            let json = json.filled(&|template| values.value(template))?;
            (json.to_string().into(), Some(HeaderValue::from_static("application/json")))
        }
        Some(Content::Form(fields)) => {
            let pairs = pairs(fields.iter().map(|(name, value)| Ok((name.as_str(), values.text(value)?))), "+")?;
            (pairs.join("&").into(), Some(HeaderValue::from_static("application/x-www-form-urlencoded")))
        }
        Some(Content::Multipart(parts)) => {
            let mut filled = Vec::new();
            for (name, part) in parts {
                filled.push(match part {
                    Part::Text(text) => (name.as_str(), None, Bytes::from(values.text(text)?)),
                    Part::File { file, media } => {
                        let content = shared.materials.files.get(file).cloned().unwrap_or_default();
                        (name.as_str(), Some((file.as_str(), media.as_deref())), content)
                    }
                });
            }
            multipart(filled)
        }
    })
}

/// `name=value`, with everything in it that must not stand there written otherwise.
fn pairs<'n>(
    pairs: impl Iterator<Item = Result<(&'n str, String), NoValue>>,
    space: &str,
) -> Result<Vec<String>, NoValue> {
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string().replace("%20", space);
    pairs.map(|pair| pair.map(|(name, value)| format!("{}={}", encoded(name), encoded(&value)))).collect()
}

type FormPart<'p> = (&'p str, Option<(&'p str, Option<&'p str>)>, Bytes);

/// A form of several parts (RFC 7578), and the header with its boundary, which is in none of them.
fn multipart(parts: Vec<FormPart<'_>>) -> (Bytes, Option<HeaderValue>) {
    let is_in = |boundary: &String| {
        parts.iter().any(|(_, _, content)| content.windows(boundary.len()).any(|window| window == boundary.as_bytes()))
    };
    let boundaries = (0_u64..).map(|number| format!("infra-loadtest-{number:016x}"));
    let boundary = boundaries.into_iter().find(|boundary| !is_in(boundary)).unwrap_or_default();
    let quoted = |text: &str| text.replace('"', "%22").replace(['\r', '\n'], "");
    let mut body = Vec::new();
    for (name, file, content) in &parts {
        body.extend(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"", quoted(name)).into_bytes());
        if let Some((file, media)) = file {
            let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
            let media = media.unwrap_or("application/octet-stream");
            body.extend(format!("; filename=\"{}\"\r\ncontent-type: {media}", quoted(file)).into_bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    (body.into(), HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}")).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_parts_is_framed_by_what_is_in_none_of_them() {
        let content = Bytes::from_static(b"infra-loadtest-0000000000000000");
        let (body, header) = multipart(vec![
            ("note", None, content),
            ("photo", Some(("a/b.jpg", Some("image/jpeg"))), Bytes::from_static(b"JPG")),
        ]);
        let boundary = "infra-loadtest-0000000000000001";
        assert_eq!(header.unwrap(), format!("multipart/form-data; boundary={boundary}"));
        let wanted = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\ninfra-loadtest-0000000000000000\r\n\
             --{boundary}\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"b.jpg\"\r\n\
             content-type: image/jpeg\r\n\r\nJPG\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(body.to_vec()).unwrap(), wanted);
    }

    #[test]
    fn pairs_are_encoded() {
        let pair = || std::iter::once(Ok(("a b", "1&2=ü".to_owned())));
        assert_eq!(pairs(pair(), "+").unwrap(), ["a+b=1%262%3D%C3%BC"]);
        assert_eq!(pairs(pair(), "%20").unwrap(), ["a%20b=1%262%3D%C3%BC"]);
    }
}
