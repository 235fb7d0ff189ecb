//! Reads a step.

use std::collections::BTreeMap;

use super::super::content::CONTENTS;
use super::super::scenario::METHODS;
use super::super::toml::Item;
use super::super::words::{Template, Time};
use super::super::{Asked, Expect, ExpectJson, Failing, Step};
use super::known::{Known, keys};
use super::scope::Scope;
use super::{answer, content, headers, shown, some_time, templates};

const FAILING: [(&str, Failing); 2] = [("end", Failing::End), ("go-on", Failing::GoOn)];

/// Reads a step; what it takes is known to the next one.
pub(super) fn step<'t>(item: &Item<'t, 't>, _: &Known<'t>, scope: &mut Scope<'t>) -> Option<Step> {
    let fields = item.fields()?;
    let name = fields.need("name", "give it a name: `name = \"login\"`").and_then(|item| shown(&item));
    let asked = fields.need_one(&METHODS, "say what is asked: `get = \"/\"`").and_then(|(method, item)| {
        let path = scope.template(&item).filter(|path| can_be_asked(&item, path))?;
        Asked::new(method, path)
    });
    let headers = fields.get("headers").map_or(Some(BTreeMap::new()), |item| headers(&item, scope));
    let query = fields.get("query").map_or(Some(BTreeMap::new()), |item| values(&item, scope));
    let content = match fields.only(&CONTENTS) {
        Some((form, item)) => content::content(form, &item, scope).map(Some),
        None => Some(None),
    };
    let when = fields.get("when").map_or(Some(None), |item| scope.condition(&item).map(Some));
    let expect = fields.get("expect").map_or(Some(Expect::default()), |item| expect(&item, scope));
    let take = fields
        .get("take")
        .map_or(Some(BTreeMap::new()), |item| super::entries(&item, |item| answer::take(item, scope)));
    let repeat = fields.get("repeat").map_or(Some(1), |item| item.number(1..=10_000));
    let think = fields.get("think").map_or(Some(None), |item| item.word().map(Some));
    let group = fields.get("group").map_or(Some(None), |item| shown(&item).map(Some));
    let on_error = fields.get("on_error").map_or(Some(Failing::default()), |item| item.choice(&FAILING));
    scope.taken(item.value().as_table().map(|table| keys(table, "take")).unwrap_or_default());
    fields.finish();
    Some(Step {
        name: name?,
        asked: asked?,
        headers: headers?,
        query: query?,
        content: content?,
        expect: expect?,
        take: take?,
        when: when?,
        repeat: repeat?,
        think: think?,
        group: group?,
        on_error: on_error?,
    })
}

/// A path, a whole address, or what is filled in to be one of them.
fn can_be_asked(item: &Item<'_, '_>, path: &Template) -> bool {
    let text = path.to_string();
    let good = ["/", "http://", "https://", "${"].iter().any(|begin| text.starts_with(begin));
    let spaces = text.contains(char::is_whitespace) && path.plain().is_some();
    if !good {
        item.wrong("it is neither a path nor an address", "write it as /api/cart or https://example.com/api/cart");
    } else if spaces {
        item.wrong("an address has no spaces", "write %20 for a space, or use `query`");
    }
    good && !spaces
}

/// A table of templates that may be written as numbers.
pub(super) fn values(item: &Item<'_, '_>, scope: &Scope<'_>) -> Option<BTreeMap<String, Template>> {
    let all: Vec<_> =
        item.fields()?.all().into_iter().map(|(name, _, item)| Some((name.to_owned(), scope.value(&item)?))).collect();
    all.into_iter().collect()
}

fn expect<'t>(item: &Item<'t, 't>, scope: &Scope<'t>) -> Option<Expect> {
    let fields = item.fields()?;
    let status = fields.get("status").map_or(Some(Vec::new()), |item| answer::statuses(&item));
    let body = fields.get("body").map_or(Some(None), |item| scope.template(&item).map(Some));
    let regex = fields.get("regex").map_or(Some(None), |item| item.word().map(Some));
    let headers = fields.get("headers").map_or(Some(BTreeMap::new()), |item| templates(&item, scope));
    let json = fields.get("json").map_or(Some(Vec::new()), |item| {
        let all: Vec<_> = item.list()?.iter().map(|item| expect_json(item, scope)).collect();
        all.into_iter().collect()
    });
    let under: Option<Option<Time>> = fields.get("under").map_or(Some(None), |item| some_time(&item).map(Some));
    fields.finish();
    Some(Expect { status: status?, body: body?, regex: regex?, headers: headers?, json: json?, under: under? })
}

fn expect_json<'t>(item: &Item<'t, 't>, scope: &Scope<'t>) -> Option<ExpectJson> {
    let fields = item.fields()?;
    let path = fields.need("path", "say where: `path = \"$.total\"`").and_then(|item| item.word());
    let is = fields.get("is").map_or(Some(None), |item| scope.value(&item).map(Some));
    fields.finish();
    Some(ExpectJson { path: path?, is: is? })
}
