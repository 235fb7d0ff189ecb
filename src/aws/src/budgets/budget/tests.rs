//! Budgets as they are sent and read, and both sides of their rules.

use infra_engine::model::Address;

use super::*;

fn team() -> Audience {
    Audience { emails: ["ops@example.com".parse().unwrap()].into(), topic: Some(Ref::known("arn:aws:sns:topic")) }
}

fn budget() -> Budget {
    Budget {
        name: "shop-budget".into(),
        period: Period::Monthly,
        limit: 2000.into(),
        filters: [Filter::tag("Project", "shop")].into(),
        notifications: [(Trigger::actual_over(80), team()), (Trigger::forecasted_over(100), team())].into(),
    }
}

#[test]
fn a_live_budget_tells_what_it_is() {
    let mut live = Live::builder()
        .budget_name("shop-budget")
        .budget_type(BudgetType::Cost)
        .time_unit(TimeUnit::Monthly)
        .budget_limit(Spend::builder().amount("2000.0").unit("USD").build().unwrap())
        .build()
        .unwrap();
    filter::put(&budget().filters, &mut live);
    let found = understand(&live, budget().notifications, Tags::new()).unwrap();
    assert_eq!((found.id.as_str(), found.definition), ("shop-budget", budget()));
}

#[test]
fn an_audience_survives_the_way_and_back() {
    for audience in [team(), Audience::default(), Audience { topic: None, ..team() }] {
        assert_eq!(Audience::of(&audience.subscribers()).unwrap(), audience);
    }
}

#[test]
fn the_account_is_in_the_arn() {
    let found = Found::ready("shop-budget", budget(), Tags::new());
    assert_eq!(account_of(&found).unwrap_err().kind, FaultKind::Broken);
    let found = found.with(Budget::ARN.name, "arn:aws:budgets::123456789012:budget/shop-budget");
    assert_eq!(account_of(&found).unwrap(), "123456789012");
}

#[test]
fn notifications_read_well_in_a_plan() {
    let document = serde_json::to_value(budget()).unwrap();
    let audience = &document["notifications"]["actual > 80%"];
    assert_eq!(audience["emails"][0], "ops@example.com");
    assert_eq!(document["filters"][0], "TagKeyValue=user:Project$shop");
}

fn codes(change: impl FnOnce(&mut Budget)) -> Vec<&'static str> {
    let mut changed = budget();
    change(&mut changed);
    let address = Address::new("cost", "budget").unwrap();
    let around = Surroundings::new(&[], &address);
    RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

#[test]
fn names_and_limits_are_checked() {
    assert_eq!(codes(|_| ()), Vec::<&str>::new());
    for bad in ["", "a:b", "a\\b", "a/action/b", &"n".repeat(101)] {
        assert_eq!(codes(|budget| budget.name = bad.into()), ["V147"], "{bad}");
    }
    assert_eq!(codes(|budget| budget.limit = 0.into()), ["V147"]);
}

#[test]
fn a_daily_budget_is_not_forecast() {
    assert_eq!(codes(|budget| budget.period = Period::Daily), ["V147b"]);
    let actual = codes(|budget| {
        budget.period = Period::Daily;
        budget.notifications.remove(&Trigger::forecasted_over(100));
    });
    assert_eq!(actual, Vec::<&str>::new());
}

#[test]
fn somebody_is_told_and_not_too_many() {
    let tell =
        |audience: Audience| codes(|budget| budget.notifications = [(Trigger::actual_over(80), audience)].into());
    let emails = |count: usize| (0..count).map(|n| format!("ops{n}@example.com").parse().unwrap()).collect();
    assert_eq!(tell(Audience::default()), ["V148"]);
    assert_eq!(tell(Audience { emails: emails(10), ..team() }), Vec::<&str>::new());
    assert_eq!(tell(Audience { emails: emails(11), ..team() }), ["V148"]);
    let many = |count: u32| {
        codes(|budget| budget.notifications = (1..=count).map(|n| (Trigger::actual_over(n), team())).collect())
    };
    assert_eq!((many(5), many(6), many(11)), (vec![], vec!["V148b"], vec!["V148"]));
}

#[test]
fn thresholds_have_a_range() {
    let over = |percent| codes(|budget| budget.notifications = [(Trigger::actual_over(percent), team())].into());
    assert_eq!((over(0), over(1), over(1_000_000), over(1_000_001)), (vec!["V148c"], vec![], vec![], vec!["V148c"]));
}
