//! Small files in AWS's shape, with the twins that a careless selector takes.

use serde_json::{Value, json};

use super::*;
use crate::cost::{Money, Unmatched};

fn product(family: &str, usagetype: &str, more: &[(&str, &str)]) -> Value {
    let mut attributes = json!({ "usagetype": usagetype });
    for (name, value) in more {
        attributes[*name] = (*value).into();
    }
    json!({ "productFamily": family, "attributes": attributes })
}

fn term(tiers: &[(&str, &str)]) -> Value {
    let dimension = |(position, (begin, usd)): (usize, &(&str, &str))| {
        let dimension =
            json!({ "unit": "Hrs", "beginRange": begin, "endRange": "Inf", "pricePerUnit": { "USD": usd } });
        (format!("D{position}"), dimension)
    };
    let dimensions: serde_json::Map<String, Value> = tiers.iter().enumerate().map(dimension).collect();
    json!({ "T": { "priceDimensions": dimensions } })
}

/// A cache, its twins, and a metric whose tiers stand in no order.
fn file() -> String {
    json!({
        "formatVersion": "v1.0",
        "version": "20260914063714",
        "products": {
            "REDIS": product("Cache Instance", "NodeUsage:cache.r7g.large", &[("cacheEngine", "Redis")]),
            "VALKEY": product("Cache Instance", "NodeUsage:cache.r7g.large", &[("cacheEngine", "Valkey")]),
            "MEMCACHED": product("Cache Instance", "NodeUsage:cache.r7g.large", &[("cacheEngine", "Memcached")]),
            "EXTENDED": product("Cache Instance", "ExtendedSupport-NodeUsage:cache.r7g.large", &[("cacheEngine", "Redis")]),
            "SYNC": product("Cache Instance", "SyncDurability-NodeUsage:cache.r7g.large", &[("cacheEngine", "Valkey")]),
            "METRIC": product("Metric", "CW:MetricMonitorUsage", &[]),
            "FREE": product("Metric", "CW:Free", &[]),
        },
        "terms": {
            "Reserved": { "REDIS": term(&[("0", "0.1")]) },
            "OnDemand": {
                "REDIS": term(&[("0", "0.2190000000")]),
                "VALKEY": term(&[("0", "0.1752000000")]),
                "MEMCACHED": term(&[("0", "0.2190000000")]),
                "EXTENDED": term(&[("0", "0.4000000000")]),
                "SYNC": term(&[("0", "0.3000000000")]),
                "METRIC": term(&[("1000000", "0.02"), ("10000", "0.10"), ("0", "0.3000000000"), ("250000", "0.05")]),
                "FREE": term(&[("10", "0.5")]),
            },
        },
    })
    .to_string()
}

fn selector(usagetype: &str, more: &[(&str, &str)]) -> Selector {
    let attributes = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Selector { usagetype: vec![usagetype.to_owned()], family: None, attributes }
}

fn picked(selector: &Selector) -> Result<(String, Money), Unmatched> {
    let products = read_products(file().as_bytes(), std::slice::from_ref(selector)).unwrap();
    selector.pick(&products).map(|(product, usd)| (product.sku.clone(), usd))
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn the_product_that_is_meant_is_told_from_its_twins() {
    let redis = selector("NodeUsage:cache.r7g.large", &[("cacheEngine", "Redis")]);
    assert_eq!(picked(&redis), Ok(("REDIS".into(), money("0.219"))));
}

#[test]
fn the_first_tier_is_taken_wherever_it_stands() {
    assert_eq!(picked(&selector("CW:MetricMonitorUsage", &[])), Ok(("METRIC".into(), money("0.3"))));
}

#[test]
fn of_two_products_none_is_taken_and_of_none_neither() {
    let several = vec!["MEMCACHED".to_owned(), "REDIS".to_owned(), "VALKEY".to_owned()];
    assert_eq!(picked(&selector("NodeUsage:cache.r7g.large", &[])), Err(Unmatched::Several(several)));
    assert_eq!(picked(&selector("NodeUsage:cache.r9g.large", &[])), Err(Unmatched::None));
}

#[test]
fn a_price_that_begins_later_is_not_the_price_of_the_first() {
    assert_eq!(picked(&selector("CW:Free", &[])), Err(Unmatched::Tiers { sku: "FREE".into(), count: 0 }));
}

#[test]
fn a_file_that_ends_too_early_is_refused() {
    let half = &file()[..400];
    assert!(read_products(half.as_bytes(), &[]).is_err());
}
