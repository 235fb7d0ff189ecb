//! `infra cost prices`: what is in the price book; whether it is what AWS's files say; and how it is written anew from them.
//!
//! A price is taken when exactly one product matches and has one price for the first unit; otherwise the command fails and
//! writes nothing. The files are read as they come, of half a gigabyte some kilobytes are kept.

mod download;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use infra_aws::price_files::Unfetched;
use infra_operate::cost::{Evidence, Money, Offer, Price, PriceBook, Product};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use self::download::{Downloaded, download, small};
use crate::args::{CostPrices, Prices, PricesFrom};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::write_whole;
use crate::render::{Level, PROBLEMS, Plural, counted};
use crate::session::Session;

const PRICES: Plural = Plural("price", "prices");
/// Where AWS lists what there is.
const INDEX: &str = "/offers/v1.0/aws/index.json";
/// The region of what is the same everywhere.
const EVERYWHERE: &str = "AmazonCloudFront";

pub(super) async fn run(arguments: &CostPrices, session: &Session<'_>) -> Result<Exit, Failure> {
    match &arguments.action {
        Prices::Show => show(session),
        Prices::Verify(from) => verify(from, session).await,
        Prices::Sync(from) => sync(from, session).await,
    }
}

/// The region whose book is meant: that of the environment where one is named, or of the only book.
fn region(session: &Session<'_>) -> Result<String, Failure> {
    match session.common.env {
        Some(_) => {
            let name = session.environment_name()?;
            Ok(session.definer.define(&name, &session.folder)?.environment.facts.region.to_string())
        }
        None => Ok(PriceBook::regions().first().copied().unwrap_or_default().to_owned()),
    }
}

fn show(session: &Session<'_>) -> Result<Exit, Failure> {
    let region = region(session)?;
    let Some(book) = PriceBook::of(&region) else { return Err(no_book(&region)) };
    if let Some(lines) = session.console.json() {
        lines.line(Level::Info, "prices", &format!("The prices of {region}"), json!({ "book": book }));
        return Ok(Exit::Done);
    }
    let mut out = format!("Prices of {region}, written down on {}:\n\n", book.made);
    for (key, price) in &book.prices {
        let Price { offer, unit, usd, sku, version, evidence, seen, date, .. } = price;
        let Some(usd) = usd else {
            out += &format!("{key}\n  not seen: unknown\n");
            continue;
        };
        out += &format!("{key}\n  {}/{unit}", usd.as_price());
        out += &sku.as_ref().map(|sku| format!(", product {sku}")).unwrap_or_default();
        out += &version.as_ref().map(|version| format!(", {offer} {version}")).unwrap_or_default();
        let how = if *evidence == Some(Evidence::File) { "AWS's file" } else { "unverified" };
        let (seen, date) = (seen.as_deref().unwrap_or_default(), date.as_deref().unwrap_or_default());
        out += &format!("\n  {how}, {date}: {seen}\n");
    }
    session.console.data(&out);
    Ok(Exit::Done)
}

fn no_book(region: &str) -> Failure {
    Failure::new(format!("there is no price book of {region}"))
        .because(format!("there are: {}", PriceBook::regions().join(", ")))
        .because("prices of one region say nothing about another one's")
}

/// What is asked for of a book: the prices of some offers, or all of them, by offer.
fn wanted<'a>(book: &'a PriceBook, from: &PricesFrom) -> BTreeMap<&'a str, BTreeMap<&'a str, &'a Price>> {
    let mut offers: BTreeMap<&str, BTreeMap<&str, &Price>> = BTreeMap::new();
    for (key, price) in &book.prices {
        if from.offer.is_empty() || from.offer.contains(&price.offer) {
            offers.entry(&price.offer).or_default().insert(key, price);
        }
    }
    offers
}

/// The prices of one offer, taken out of a file; or all that is wrong.
fn picked<'a>(
    prices: &BTreeMap<&'a str, &Price>,
    products: &[Product],
    problems: &mut Vec<String>,
) -> Vec<(&'a str, String, Money)> {
    let mut found = Vec::new();
    for (key, price) in prices {
        match price.select.pick(products) {
            Ok((product, usd)) => found.push((*key, product.sku.clone(), usd)),
            Err(why) => problems.push(format!("{key}, in {}: {why}", price.offer)),
        }
    }
    found
}

async fn verify(from: &PricesFrom, session: &Session<'_>) -> Result<Exit, Failure> {
    let book = read_book(from, session)?.1;
    let (mut problems, mut checked) = (Vec::new(), 0);
    let (pinned, loose): (BTreeMap<_, _>, BTreeMap<_, _>) =
        wanted(&book, from).into_iter().partition(|(offer, _)| book.offers.contains_key(*offer));
    for (offer, prices) in &pinned {
        let Offer { version, url, sha256 } = &book.offers[*offer];
        let Downloaded { products, sha256: now } = read_file(session, from, url, prices).await?;
        if now != *sha256 {
            problems.push(format!("{offer} {version} is another file than it was: its digest is {now}"));
        }
        for (key, sku, usd) in picked(prices, &products, &mut problems) {
            checked += 1;
            let price = prices[key];
            if price.usd != Some(usd) || price.sku.as_ref() != Some(&sku) {
                let was = price.usd.map_or("unknown".to_owned(), |usd| format!("${}", usd.exact()));
                problems.push(format!("{key}: the book says {was}, and {offer} {version} says ${}", usd.exact()));
            }
        }
    }
    if !loose.is_empty() {
        let offers = loose.keys().copied().collect::<Vec<_>>().join(", ");
        session.console.warn(&format!(
            "not pinned to a file of AWS's yet, and not verified: {offers}\n  take them out of the files: infra cost prices sync"
        ));
    }
    ended(problems, "the price book is not what AWS's files say")?;
    if checked == 0 {
        return Err(Failure::new("no price was verified: none of these is pinned to a file"));
    }
    let message = format!(
        "Verified: {} against {} of AWS's.",
        counted(checked, PRICES),
        counted(pinned.len(), Plural("file", "files"))
    );
    match session.console.json() {
        Some(lines) => lines.line(Level::Info, "prices", &message, json!({ "verified": checked })),
        None => session.console.data(&format!("{message}\n")),
    }
    Ok(Exit::Done)
}

async fn sync(from: &PricesFrom, session: &Session<'_>) -> Result<Exit, Failure> {
    let (file, mut book) = read_book(from, session)?;
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    let index: Index = small(session, &format!("{}{INDEX}", from.from)).await.map_err(unreachable)?;
    let mut problems = Vec::new();
    let mut moved = BTreeSet::new();
    let old = book.clone();
    for (offer, prices) in wanted(&old, from) {
        let Some(listed) = index.offers.get(offer) else {
            problems.push(format!("AWS lists no offer `{offer}`"));
            continue;
        };
        let path = newest(session, from, offer, listed, &book.region).await?;
        let url = format!("{}{path}", from.from);
        let Downloaded { products, sha256 } = read_file(session, from, &url, &prices).await?;
        let version = version_in(&path);
        for (key, sku, usd) in picked(&prices, &products, &mut problems) {
            let Some(price) = book.prices.get_mut(key) else { continue };
            if price.usd != Some(usd) {
                moved.insert(key.to_owned());
            }
            *price = Price {
                usd: Some(usd),
                sku: Some(sku),
                version: Some(version.clone()),
                evidence: Some(Evidence::File),
                seen: Some(format!("{offer}, version {version}")),
                date: Some(today.clone()),
                ..price.clone()
            };
        }
        book.offers.insert(offer.to_owned(), Offer { version, url, sha256 });
    }
    ended(problems, "not every price has exactly one product; nothing was written")?;
    book.made = today;
    write_whole(&file, book.written().as_bytes()).map_err(|error| {
        Failure::new(format!("{}: it cannot be written", file.display())).because(error.to_string())
    })?;
    let message = format!("Wrote {}: {} changed.", file.display(), counted(moved.len(), PRICES));
    match session.console.json() {
        Some(lines) => lines.line(Level::Info, "prices", &message, json!({ "changed": moved })),
        None => {
            let all = moved.iter().map(|key| format!("  {key}\n"));
            session.console.data(&format!("{message}\n{}", all.collect::<String>()));
        }
    }
    Ok(Exit::Done)
}

fn ended(problems: Vec<String>, wrong: &str) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let page: Vec<String> = problems.iter().map(|problem| format!("error: {problem}")).collect();
    Err(Failure::new(format!("{wrong}: {}", counted(problems.len(), PROBLEMS))).page(page.join("\n")))
}

/// The book that is meant: its file, and what is in it.
fn read_book(from: &PricesFrom, session: &Session<'_>) -> Result<(PathBuf, PriceBook), Failure> {
    let region = region(session)?;
    let usual = session.folder.join("src/operate/prices").join(format!("{region}.json"));
    let file = from.book.as_ref().map_or(usual, |file| session.folder.join(file));
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::new(format!("{}: the price book cannot be read", file.display()))
            .because(error.to_string())
            .way_out("go to the folder of the sources, or name the file: --book FILE")
    })?;
    let book = PriceBook::read(&text).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    Ok((file, book))
}

async fn read_file(
    session: &Session<'_>,
    from: &PricesFrom,
    url: &str,
    prices: &BTreeMap<&str, &Price>,
) -> Result<Downloaded, Failure> {
    // A pinned address stays what it is; where files are looked for elsewhere, they are looked for there.
    let path = url.find("/offers/").map_or(url, |at| &url[at..]);
    let url = format!("{}{path}", from.from);
    session.console.say(&format!("Reading {url}"));
    let selectors = prices.values().map(|price| price.select.clone()).collect();
    session.unless_interrupted(download(&url, selectors)).await?.map_err(unreachable)
}

/// The path of an offer's newest file for a region.
async fn newest(
    session: &Session<'_>,
    from: &PricesFrom,
    offer: &str,
    listed: &IndexOffer,
    region: &str,
) -> Result<String, Failure> {
    let Some(regions) = listed.regions.as_ref().filter(|_| offer != EVERYWHERE) else {
        let versions: Versions =
            small(session, &format!("{}{}", from.from, listed.versions)).await.map_err(unreachable)?;
        let current = versions.versions.get(&versions.current);
        return current.map(|version| version.path.clone()).ok_or_else(|| missing(offer, "its newest version"));
    };
    let regions: Regions = small(session, &format!("{}{regions}", from.from)).await.map_err(unreachable)?;
    let found = regions.regions.get(region).map(|found| found.path.clone());
    found.ok_or_else(|| missing(offer, region))
}

fn missing(offer: &str, what: &str) -> Failure {
    Failure::new(format!("AWS lists no file of {offer} for {what}; nothing was written"))
}

/// The version in the path of a file: `/offers/v1.0/aws/AmazonRDS/20260914063714/us-east-1/index.json`.
fn version_in(path: &str) -> String {
    let digits = |part: &&str| part.len() >= 14 && part.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').find(digits).unwrap_or_default().to_owned()
}

/// A machine without a way to AWS is no fault of the book's.
fn unreachable(unfetched: Unfetched) -> Failure {
    let failure = Failure::new(unfetched.to_string());
    match unfetched.unreachable {
        true => failure
            .because("this machine does not reach AWS's price files; nothing was written, and the book stays as it is")
            .way_out("run this where there is a way to pricing.us-east-1.amazonaws.com; it needs no credentials"),
        false => failure.because("nothing was written, and the book stays as it is"),
    }
}

#[derive(Deserialize)]
struct Index {
    offers: BTreeMap<String, IndexOffer>,
}

#[derive(Deserialize)]
struct IndexOffer {
    #[serde(rename = "versionIndexUrl")]
    versions: String,
    #[serde(rename = "currentRegionIndexUrl", default)]
    regions: Option<String>,
}

#[derive(Deserialize)]
struct Regions {
    regions: BTreeMap<String, RegionFile>,
}

#[derive(Deserialize)]
struct RegionFile {
    #[serde(rename = "currentVersionUrl")]
    path: String,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(rename = "currentVersion")]
    current: String,
    versions: BTreeMap<String, VersionFile>,
}

#[derive(Deserialize)]
struct VersionFile {
    #[serde(rename = "offerVersionUrl")]
    path: String,
}
