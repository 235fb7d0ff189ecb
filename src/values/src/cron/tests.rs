//! Both sides of every rule of cron expressions, and the laws that hold for all of them.

use proptest::prelude::*;

use super::*;
use crate::text::laws::{check_examples, check_refused, check_written};

#[test]
fn what_aws_takes_is_accepted() {
    for text in [
        "0 8 ? * MON-FRI *",
        "0 2 * * ? *",
        "0/15 * * * ? *",
        "*/5 8-18 ? JAN,JUN-AUG 2-6 2026-2030",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 15W * ? *",
        "30 9 1,15 * ? *",
        "0 10 ? * FRI#2 *",
        "0 10 ? * 6L *",
        "0 10 ? * L *",
        "0 8 ? * * *",
        "05 08 ? * SAT,SUN 2199",
    ] {
        check_written::<Cron>(text, text);
    }
    check_examples::<Cron>();
}

#[test]
fn spaces_and_the_case_of_names_do_not_count() {
    check_written::<Cron>("  0 8\t?  * mon-fri *", "0 8 ? * MON-FRI *");
    assert_ne!("0 8 ? * * *".parse::<Cron>(), "0 8 * * ? *".parse::<Cron>());
}

#[test]
fn one_of_the_two_days_is_open() {
    let rule = "the day is said by the month or by the week, and the other of the two is `?`";
    check_refused::<Cron>(
        "0 8 * * MON-FRI *",
        &format!("`0 8 * * MON-FRI *` has `?` in neither day field: {rule}; write `0 8 ? * MON-FRI *`"),
    );
    check_refused::<Cron>(
        "0 8 1 * * *",
        &format!("`0 8 1 * * *` has `?` in neither day field: {rule}; write `0 8 1 * ? *`"),
    );
    check_refused::<Cron>("0 8 1 * MON *", &format!("`0 8 1 * MON *` has `?` in neither day field: {rule}"));
    check_refused::<Cron>(
        "0 8 ? * ? *",
        &format!("`0 8 ? * ? *` has `?` in both day fields: {rule}; write `0 8 * * ? *`"),
    );
}

#[test]
fn crontab_is_translated() {
    let rule = "AWS's cron is minute, hour, day of the month, month, day of the week, year";
    for (crontab, aws) in [
        ("0 8 * * MON-FRI", "0 8 ? * MON-FRI *"),
        ("0 8 * * 1-5", "0 8 ? * MON-FRI *"),
        ("0 8 * * 0,6", "0 8 ? * SUN,SAT *"),
        ("0 8 * * 5-7", "0 8 ? * FRI-SAT,SUN *"),
        ("0 2 * * *", "0 2 * * ? *"),
        ("*/10 * 1 * *", "*/10 * 1 * ? *"),
    ] {
        check_refused::<Cron>(
            crontab,
            &format!("`{crontab}` has 5 fields, like crontab, not 6: {rule}; write `{aws}`"),
        );
    }
    for (text, count) in [
        ("", "0 fields"),
        ("hourly", "1 field"),
        ("0 8 1 * 1", "5 fields, like crontab"),
        ("* * * * ? * *", "7 fields"),
    ] {
        check_refused::<Cron>(text, &format!("`{text}` has {count}, not 6: {rule}"));
    }
}

#[test]
fn each_field_has_its_own_bounds() {
    let minutes = "it has 0 to 59, `*`, ranges, lists and steps";
    let days = "it has 1 to 7, or SUN to SAT, `*`, ranges and lists, `?`, `L`, `FRIL` and `FRI#2`";
    for (text, message) in [
        ("60 8 ? * * *", format!("the minute cannot be `60`: {minutes}")),
        ("0/0 8 ? * * *", format!("the minute cannot be `0/0`: {minutes}")),
        ("+5 8 ? * * *", format!("the minute cannot be `+5`: {minutes}")),
        ("? 8 ? * * *", format!("the minute cannot be `?`: {minutes}")),
        ("5,,6 8 ? * * *", format!("the minute cannot be ``: {minutes}")),
        ("*,5 8 ? * * *", format!("the minute has `*` in a list, where it stands alone: {minutes}")),
        ("0 24 ? * * *", "the hour cannot be `24`: it has 0 to 23, `*`, ranges, lists and steps".to_owned()),
        (
            "0 8 32 * ? *",
            "the day of the month cannot be `32`: it has 1 to 31, `*`, ranges, lists and steps, `?`, `L` and `15W`"
                .to_owned(),
        ),
        (
            "0 8 ? JAM * *",
            "the month cannot be `JAM`: it has 1 to 12, or JAN to DEC, `*`, ranges, lists and steps".to_owned(),
        ),
        ("0 8 ? * 0 *", format!("the day of the week cannot be `0`: {days}")),
        ("0 8 ? * MON/2 *", format!("the day of the week cannot be `MON/2`: {days}")),
        ("0 8 ? * FRI#6 *", format!("the day of the week cannot be `FRI#6`: {days}")),
        ("0 8 ? * FRI#1,MON *", format!("the day of the week has `FRI#1` in a list, where it stands alone: {days}")),
        ("0 8 ? * * 1969", "the year cannot be `1969`: it has 1970 to 2199, `*`, ranges, lists and steps".to_owned()),
    ] {
        check_refused::<Cron>(text, &message);
    }
}

#[test]
fn a_range_that_runs_over_the_end_is_cut_in_two() {
    check_refused::<Cron>(
        "0 22-2 ? * * *",
        "the hour cannot be `22-2`: it has 0 to 23, `*`, ranges, lists and steps; write `0 22-23,0-2 ? * * *`",
    );
}

#[test]
fn the_word_around_it_is_left_out() {
    check_refused::<Cron>(
        "cron(0 8 ? * * *)",
        "`cron(0 8 ? * * *)` has parentheses: here stand the six fields alone; write `0 8 ? * * *`",
    );
}

proptest! {
    #[test]
    fn the_text_of_an_expression_gives_the_expression(
        minute in "[0-9]|[1-5][0-9]|\\*|[0-9]/[1-9]", hour in "[0-9]|1[0-9]|2[0-3]", month in "[1-9]|jan|Feb|MAR-DEC",
        (day, weekday) in prop_oneof![
            ("[1-9]|L|[1-9]W|\\*", Just("?".to_owned())),
            (Just("?".to_owned()), "[1-7]|mon-FRI|Sat,Sun|[1-7]L|[1-7]#[1-5]|\\*"),
        ],
        year in "20[0-9]{2}|\\*", space in " {1,3}",
    ) {
        let text = [minute, hour, day, month, weekday, year].join(&space);
        let cron: Cron = text.parse().map_err(|invalid: Invalid| TestCaseError::fail(invalid.to_string()))?;
        prop_assert_eq!(cron.to_string().parse::<Cron>(), Ok(cron));
    }

    #[test]
    fn what_is_proposed_is_accepted(text in "([0-9*?,/-]{1,4}|MON|L) ([0-9*]{1,2}|3-1) [0-9*?LW]{1,2} [0-9*] [0-9*?L-]{1,3}( [*])?") {
        if let Err(invalid) = text.parse::<Cron>() && let Some(suggestion) = invalid.suggestion() {
            prop_assert!(suggestion.parse::<Cron>().is_ok(), "{} proposes {}", text, suggestion);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = text.parse::<Cron>();
    }
}
