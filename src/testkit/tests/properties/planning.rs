//! What holds of every plan before anybody carries it out.

use infra_engine::graph::Graph;
use infra_engine::live::Live;
use infra_engine::model::{Definition, Ledger, keys};
use infra_engine::plan::{Options, Work, plan};
use infra_testkit::cloud::ModelCloud;
use infra_testkit::laws::Ground;
use proptest::prelude::*;

use crate::platforms::{platform, two_versions};
use crate::{cases, timeless};

/// A ground on which a version stands, and what is live there.
async fn standing(definitions: &[Definition]) -> (Ground, Vec<Live>, Ledger) {
    let ground = Ground::model(&ModelCloud::new());
    ground.apply("a version", definitions).await;
    let lives = ground.lives("a version").await;
    let ledger = ground.session.kept().await.expect("the records can be read").ledger;
    (ground, lives, ledger)
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn steps_come_after_what_they_wait_for((first, second) in two_versions()) {
        let (from, to) = (platform(&first, None), platform(&second, Some(&first)));
        let (ground, lives, ledger) = timeless(standing(&from));
        let graph = Graph::build(to).unwrap();
        let plan = plan(&graph, &lives, &ledger, &ground.session.registry, &ground.session.converge());
        prop_assert_eq!(&plan.stops, &vec![]);
        for (place, step) in plan.steps.iter().enumerate() {
            prop_assert_eq!(step.id.0, place);
            for edge in &step.after {
                prop_assert!(edge.step < step.id, "{} waits for what comes later", step.address);
            }
        }
        // What a step refers to stands, or is made by an earlier step.
        for step in &plan.steps {
            let (Work::Create { document, .. } | Work::Update { document, .. }) = &step.work else { continue };
            for (path, reference) in document.references() {
                let makes = |earlier: &&infra_engine::plan::Step| {
                    earlier.address == reference.address && matches!(earlier.work, Work::Create { .. })
                };
                let made = plan.steps[..step.id.0].iter().any(|earlier| makes(&earlier));
                prop_assert!(made, "{}: {path} is not known when it is needed", step.address);
            }
        }
    }

    #[test]
    fn a_plan_is_a_function((first, second) in two_versions()) {
        let (from, to) = (platform(&first, None), platform(&second, Some(&first)));
        let (ground, lives, ledger) = timeless(standing(&from));
        let told = |lives: &[Live], to: Vec<Definition>| {
            let graph = Graph::build(to).unwrap();
            format!("{:#?}", plan(&graph, lives, &ledger, &ground.session.registry, &ground.session.converge()))
        };
        prop_assert_eq!(told(&lives, to.clone()), told(&lives, to));
    }

    #[test]
    fn a_fingerprint_moves_exactly_where_something_moved((first, _) in two_versions(), chosen in any::<prop::sample::Index>()) {
        let from = platform(&first, None);
        let (ground, lives, ledger) = timeless(standing(&from));
        let of = |definitions: &[Definition], lives: &[Live]| {
            let graph = Graph::build(definitions.to_vec()).unwrap();
            plan(&graph, lives, &ledger, &ground.session.registry, &Options::converge(ground.session.owner.clone())).fingerprint
        };
        let before = of(&from, &lives);
        prop_assert!(before.moved(&of(&from, &lives)).is_empty(), "nothing has moved");
        if lives.is_empty() {
            return Ok(());
        }
        let moved = chosen.get(&lives).clone();
        let touched: Vec<Live> = lives.iter().cloned().map(|mut live| {
            if (live.kind, &live.id) == (moved.kind, &moved.id) {
                live.tags.insert(keys::PROTECT.to_owned(), "true".to_owned());
            }
            live
        }).collect();
        let expected = vec![format!("{} {}", moved.kind, moved.id)];
        prop_assert_eq!(before.moved(&of(&from, &touched)).live, expected);
        let mut code = from.clone();
        let at = chosen.index(code.len());
        code[at].protected = true;
        prop_assert_eq!(before.moved(&of(&code, &lives)).wanted, vec![code[at].address.clone()]);
    }
}
