//! Policies of response headers.

use infra_aws::cloudfront::{
    ContentSecurity, CustomHeader, FrameOption, Frames, NoSniff, Referrer, ReferrerPolicy, ResponseHeadersPolicy,
    SecurityHeaders,
};
use infra_testkit::laws::Sample;

const HEADERS: &str = "cdn.headers";

pub fn policies(sample: Sample) -> Sample {
    let header = |value: &str, overrides| CustomHeader { value: value.into(), overrides };
    let sample = sample
        .change(HEADERS, |it: &mut ResponseHeadersPolicy| it.name.push('2'))
        .change(HEADERS, |it: &mut ResponseHeadersPolicy| {
            it.headers = [("X-Shop".into(), header("1", true)), ("X-Empty".into(), header("", false))].into();
        })
        .change(HEADERS, |it: &mut ResponseHeadersPolicy| it.security = SecurityHeaders::default());
    security(sample)
}

fn security(mut sample: Sample) -> Sample {
    let content = |overrides| Some(ContentSecurity { policy: "default-src 'self'".into(), overrides });
    sample = change(sample, |it| it.hsts = None);
    sample = change(sample, |it| it.hsts.as_mut().unwrap().max_age = 60);
    sample = change(sample, |it| it.hsts.as_mut().unwrap().subdomains = false);
    sample = change(sample, |it| it.hsts.as_mut().unwrap().preload = true);
    sample = change(sample, |it| it.hsts.as_mut().unwrap().overrides = false);
    sample = change(sample, |it| it.nosniff = None);
    sample = change(sample, |it| it.nosniff = Some(NoSniff { overrides: false }));
    sample = change(sample, |it| it.frames = None);
    sample = change(sample, |it| it.frames = Some(Frames { option: FrameOption::SameOrigin, overrides: true }));
    sample = change(sample, |it| it.frames = Some(Frames { option: FrameOption::Deny, overrides: false }));
    sample = change(sample, |it| it.referrer = None);
    sample = change(sample, |it| it.referrer.as_mut().unwrap().overrides = false);
    sample = change(sample, |it| it.content = content(true));
    sample = change(sample, |it| it.content = content(false));
    for policy in [ReferrerPolicy::NoReferrer, ReferrerPolicy::UnsafeUrl] {
        sample = change(sample, |it| it.referrer = Some(Referrer { policy, overrides: true }));
    }
    sample
}

fn change(sample: Sample, edit: impl FnOnce(&mut SecurityHeaders)) -> Sample {
    sample.change(HEADERS, |it: &mut ResponseHeadersPolicy| edit(&mut it.security))
}
