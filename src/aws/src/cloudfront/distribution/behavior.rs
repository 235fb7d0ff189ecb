//! What happens to a request: who may make it, what of it the origin sees, and how long its answer is kept.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types::{
    AllowedMethods, CacheBehavior, CachedMethods as SdkCached, CookieNames, CookiePreference, DefaultCacheBehavior,
    EventType, ForwardedValues, FunctionAssociations, Headers as SdkHeaders, ItemSelection, LambdaFunctionAssociations,
    Method, QueryStringCacheKeys, TrustedKeyGroups, TrustedSigners, ViewerProtocolPolicy,
};
use infra_engine::live::Fault;
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::wire::{quantity, unknown};
use crate::Sorted;
use crate::cloudfront::ResponseHeadersPolicyId;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Behavior {
    /// The name of the origin that answers it.
    pub origin: String,
    /// In the clear or encrypted.
    pub viewers: ViewerProtocol,
    /// By which methods requests may come.
    pub methods: Methods,
    /// Answers to which methods are kept.
    pub cached_methods: CachedMethods,
    /// What the origin sees of a request, and how long its answer is kept.
    pub cache: Cache,
    /// Whether answers are compressed for viewers that understand it.
    pub compress: bool,
    /// The headers that are added to answers.
    pub response_headers: Option<Ref<ResponseHeadersPolicyId>>,
}

/// What happens to requests of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathBehavior {
    /// The path, with `*` and `?`: `/api/*`.
    pub path: String,
    /// What happens.
    #[serde(flatten)]
    pub behavior: Behavior,
}

/// In the clear or encrypted, between viewers and CloudFront.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewerProtocol {
    /// Either.
    Any,
    /// HTTPS, and HTTP is sent there.
    RedirectToHttps,
    /// HTTPS, and HTTP is refused.
    HttpsOnly,
}

/// By which methods requests may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Methods {
    /// GET and HEAD.
    Read,
    /// GET, HEAD and OPTIONS.
    ReadAndOptions,
    /// All seven.
    All,
}

/// Answers to which methods are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CachedMethods {
    /// GET and HEAD.
    Read,
    /// GET, HEAD and OPTIONS.
    ReadAndOptions,
}

/// What the origin sees of a request, and how long its answer is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// As is said here. Answers are kept apart by what the origin sees.
    Here {
        /// Of the headers.
        headers: Headers,
        /// Of the cookies.
        cookies: Cookies,
        /// Of the query.
        query: QueryStrings,
        /// How long, where the origin does not say it.
        ttl: Ttl,
    },
    /// As policies say, AWS's own or others.
    Policies {
        /// By what answers are kept apart, and how long.
        cache: Ref<CachePolicyId>,
        /// What the origin sees beside that.
        origin_request: Option<Ref<OriginRequestPolicyId>>,
    },
}

/// A cache policy: AWS's own have identifiers that never change.
pub enum CachePolicyId {}

/// An origin request policy: AWS's own have identifiers that never change.
pub enum OriginRequestPolicyId {}

/// Which headers the origin sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headers {
    /// All. Then nothing is kept.
    All,
    /// These, beside those that CloudFront always sends.
    Only(BTreeSet<String>),
}

/// Which cookies the origin sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cookies {
    /// None.
    None,
    /// These.
    Only(BTreeSet<String>),
    /// All.
    All,
}

/// How much of the query the origin sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryStrings {
    /// Nothing.
    None,
    /// All of it, and answers are kept apart by these keys alone.
    KeptBy(BTreeSet<String>),
    /// All of it.
    All,
}

/// For how many seconds an answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ttl {
    /// At least, whatever the origin says.
    pub min: u64,
    /// When the origin says nothing.
    pub default: u64,
    /// At most, whatever the origin says.
    pub max: u64,
}

impl Behavior {
    /// All methods by HTTPS to an origin, compressed.
    pub fn of(origin: impl Into<String>, cache: Cache) -> Behavior {
        Behavior {
            origin: origin.into(),
            viewers: ViewerProtocol::RedirectToHttps,
            methods: Methods::All,
            cached_methods: CachedMethods::Read,
            cache,
            compress: true,
            response_headers: None,
        }
    }
}

impl Cache {
    /// The origin sees these headers, the query and no cookies.
    pub fn forwarding<H: Into<String>>(headers: impl IntoIterator<Item = H>, ttl: Ttl) -> Cache {
        let headers = Headers::Only(headers.into_iter().map(Into::into).collect());
        Cache::Here { headers, cookies: Cookies::None, query: QueryStrings::All, ttl }
    }

    /// The origin sees everything, and nothing is kept.
    pub fn nothing() -> Cache {
        let ttl = Ttl { min: 0, default: 0, max: 0 };
        Cache::Here { headers: Headers::All, cookies: Cookies::All, query: QueryStrings::All, ttl }
    }
}

/// A live behavior, with or without a path: the API has two types for it, of the same fields.
pub(super) trait SdkBehavior: Sized {
    /// Writes the behavior over a live one, and leaves what it does not say.
    fn write(&mut self, wanted: &Behavior, operation: &'static str) -> Result<(), Fault>;
    /// The behavior that would have produced this one.
    fn read(&self) -> Result<Behavior, Fault>;
    /// What is done to its requests, or told of them, and no definition says: each in a few words.
    fn others(&self, path: &str) -> Vec<String>;
    /// The same with nothing in it that AWS wants to be told is not there.
    fn bare(self, operation: &'static str) -> Result<Self, Fault>;
}

macro_rules! behavior {
    ($sdk:ident) => {
        #[expect(deprecated, reason = "the older way to say what is kept, which is in use everywhere")]
        impl SdkBehavior for $sdk {
            fn write(&mut self, wanted: &Behavior, operation: &'static str) -> Result<(), Fault> {
                let Behavior { origin, viewers, methods, cached_methods, cache, compress, response_headers } = wanted;
                self.target_origin_id = origin.clone();
                self.viewer_protocol_policy = (*viewers).into();
                self.allowed_methods = Some(allowed(*methods, *cached_methods, operation)?);
                self.compress = Some(*compress);
                self.response_headers_policy_id = response_headers.as_ref().map(Ref::value);
                match cache {
                    Cache::Here { headers, cookies, query, ttl } => {
                        self.forwarded_values = Some(forwarded(headers, cookies, query, operation)?);
                        let [min, default, max] = [ttl.min, ttl.default, ttl.max].map(seconds);
                        (self.min_ttl, self.default_ttl, self.max_ttl) = (Some(min), Some(default), Some(max));
                        (self.cache_policy_id, self.origin_request_policy_id) = (None, None);
                    }
                    Cache::Policies { cache, origin_request } => {
                        self.forwarded_values = None;
                        (self.min_ttl, self.default_ttl, self.max_ttl) = (None, None, None);
                        self.cache_policy_id = Some(cache.value());
                        self.origin_request_policy_id = origin_request.as_ref().map(Ref::value);
                    }
                }
                Ok(())
            }

            fn read(&self) -> Result<Behavior, Fault> {
                let (methods, cached_methods) = understood(self.allowed_methods.as_ref())?;
                Ok(Behavior {
                    origin: self.target_origin_id.clone(),
                    viewers: viewers(&self.viewer_protocol_policy)?,
                    methods,
                    cached_methods,
                    cache: match named(self.cache_policy_id.as_ref()) {
                        Some(cache) => {
                            let origin_request = named(self.origin_request_policy_id.as_ref());
                            Cache::Policies { cache, origin_request }
                        }
                        None => {
                            let ttl = [self.min_ttl, self.default_ttl, self.max_ttl];
                            here(self.forwarded_values.as_ref(), ttl)?
                        }
                    },
                    compress: self.compress.unwrap_or(false),
                    response_headers: named(self.response_headers_policy_id.as_ref()),
                })
            }

            fn others(&self, path: &str) -> Vec<String> {
                let told = |event: &EventType, arn: &str| format!("a function on {event} of `{path}`: {arn}");
                let functions = self.function_associations().map(FunctionAssociations::items).unwrap_or_default();
                let lambdas = self.lambda_function_associations();
                let lambdas = lambdas.map(LambdaFunctionAssociations::items).unwrap_or_default();
                let logs = self.realtime_log_config_arn().filter(|arn| !arn.is_empty());
                let functions = functions.iter().map(|one| told(one.event_type(), one.function_arn()));
                let lambdas = lambdas.iter().map(|one| told(one.event_type(), one.lambda_function_arn()));
                functions.chain(lambdas).chain(logs.map(|arn| format!("a log of `{path}`: {arn}"))).collect()
            }

            fn bare(mut self, operation: &'static str) -> Result<Self, Fault> {
                let signers = TrustedSigners::builder().enabled(false).quantity(0).build().sorted(operation)?;
                let groups = TrustedKeyGroups::builder().enabled(false).quantity(0).build().sorted(operation)?;
                let lambdas = LambdaFunctionAssociations::builder().quantity(0).build().sorted(operation)?;
                let functions = FunctionAssociations::builder().quantity(0).build().sorted(operation)?;
                (self.trusted_signers, self.trusted_key_groups) = (Some(signers), Some(groups));
                (self.lambda_function_associations, self.function_associations) = (Some(lambdas), Some(functions));
                (self.smooth_streaming, self.field_level_encryption_id) = (Some(false), Some(String::new()));
                Ok(self)
            }
        }
    };
}

behavior!(CacheBehavior);
behavior!(DefaultCacheBehavior);

fn allowed(methods: Methods, cached: CachedMethods, operation: &'static str) -> Result<AllowedMethods, Fault> {
    const READ: &[Method] = &[Method::Get, Method::Head];
    const OPTIONS: &[Method] = &[Method::Get, Method::Head, Method::Options];
    const ALL: &[Method] =
        &[Method::Delete, Method::Get, Method::Head, Method::Options, Method::Patch, Method::Post, Method::Put];
    let methods = match methods {
        Methods::Read => READ,
        Methods::ReadAndOptions => OPTIONS,
        Methods::All => ALL,
    };
    let cached = match cached {
        CachedMethods::Read => READ,
        CachedMethods::ReadAndOptions => OPTIONS,
    };
    let cached = SdkCached::builder().quantity(quantity(cached)).set_items(Some(cached.to_vec()));
    let call = AllowedMethods::builder().quantity(quantity(methods)).set_items(Some(methods.to_vec()));
    call.cached_methods(cached.build().sorted(operation)?).build().sorted(operation)
}

/// The methods of a live behavior. Only certain sets are taken, so their sizes tell them apart.
fn understood(allowed: Option<&AllowedMethods>) -> Result<(Methods, CachedMethods), Fault> {
    let methods = match allowed.map_or(2, |allowed| allowed.items().len()) {
        2 => Methods::Read,
        3 => Methods::ReadAndOptions,
        7 => Methods::All,
        other => return Err(unknown(&format!("{other} methods"))),
    };
    let cached = allowed.and_then(AllowedMethods::cached_methods).map_or(2, |cached| cached.items().len());
    Ok((methods, if cached == 3 { CachedMethods::ReadAndOptions } else { CachedMethods::Read }))
}

impl From<ViewerProtocol> for ViewerProtocolPolicy {
    fn from(viewers: ViewerProtocol) -> ViewerProtocolPolicy {
        match viewers {
            ViewerProtocol::Any => ViewerProtocolPolicy::AllowAll,
            ViewerProtocol::RedirectToHttps => ViewerProtocolPolicy::RedirectToHttps,
            ViewerProtocol::HttpsOnly => ViewerProtocolPolicy::HttpsOnly,
        }
    }
}

fn viewers(live: &ViewerProtocolPolicy) -> Result<ViewerProtocol, Fault> {
    match live {
        ViewerProtocolPolicy::AllowAll => Ok(ViewerProtocol::Any),
        ViewerProtocolPolicy::RedirectToHttps => Ok(ViewerProtocol::RedirectToHttps),
        ViewerProtocolPolicy::HttpsOnly => Ok(ViewerProtocol::HttpsOnly),
        other => Err(unknown(other.as_str())),
    }
}

/// How all headers are called among their names.
const EVERY_HEADER: &str = "*";

fn forwarded(
    headers: &Headers,
    cookies: &Cookies,
    query: &QueryStrings,
    operation: &'static str,
) -> Result<ForwardedValues, Fault> {
    let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>();
    let headers = match headers {
        Headers::All => vec![EVERY_HEADER.to_owned()],
        Headers::Only(headers) => names(headers),
    };
    let (forward, only) = match cookies {
        Cookies::None => (ItemSelection::None, None),
        Cookies::All => (ItemSelection::All, None),
        Cookies::Only(cookies) => (ItemSelection::Whitelist, Some(names(cookies))),
    };
    let keys = match query {
        QueryStrings::KeptBy(keys) => names(keys),
        QueryStrings::None | QueryStrings::All => Vec::new(),
    };
    let only =
        only.map(|names| CookieNames::builder().quantity(quantity(&names)).set_items(some(names)).build()).transpose();
    let cookies = CookiePreference::builder().forward(forward).set_whitelisted_names(only.sorted(operation)?);
    let headers = SdkHeaders::builder().quantity(quantity(&headers)).set_items(some(headers));
    let keys = QueryStringCacheKeys::builder().quantity(quantity(&keys)).set_items(some(keys));
    ForwardedValues::builder()
        .query_string(*query != QueryStrings::None)
        .cookies(cookies.build().sorted(operation)?)
        .headers(headers.build().sorted(operation)?)
        .query_string_cache_keys(keys.build().sorted(operation)?)
        .build()
        .sorted(operation)
}

fn here(live: Option<&ForwardedValues>, [min, default, max]: [Option<i64>; 3]) -> Result<Cache, Fault> {
    let names = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    let headers = names(live.and_then(ForwardedValues::headers).map(SdkHeaders::items).unwrap_or_default());
    let keys = live.and_then(ForwardedValues::query_string_cache_keys);
    let keys = names(keys.map(QueryStringCacheKeys::items).unwrap_or_default());
    let cookies = live.and_then(ForwardedValues::cookies);
    let time = |live: Option<i64>, usual: u64| live.and_then(|live| u64::try_from(live).ok()).unwrap_or(usual);
    Ok(Cache::Here {
        headers: if headers.contains(EVERY_HEADER) { Headers::All } else { Headers::Only(headers) },
        cookies: match cookies.map(CookiePreference::forward) {
            None | Some(ItemSelection::None) => Cookies::None,
            Some(ItemSelection::All) => Cookies::All,
            Some(ItemSelection::Whitelist) => {
                let only = cookies.and_then(CookiePreference::whitelisted_names);
                Cookies::Only(names(only.map(CookieNames::items).unwrap_or_default()))
            }
            Some(other) => return Err(unknown(other.as_str())),
        },
        query: match live.is_some_and(ForwardedValues::query_string) {
            false => QueryStrings::None,
            true if keys.is_empty() => QueryStrings::All,
            true => QueryStrings::KeptBy(keys),
        },
        ttl: Ttl { min: time(min, 0), default: time(default, 86_400), max: time(max, 31_536_000) },
    })
}

/// A list, or nothing where it would be empty.
fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    Some(items).filter(|items| !items.is_empty())
}

/// What is referred to, if anything is: AWS also says nothing with an empty text.
fn named<T>(id: Option<&String>) -> Option<Ref<T>> {
    id.filter(|id| !id.is_empty()).map(Ref::known)
}

fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
