//! Where laws are tried: a session over a registry, and the weather between the two.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use infra_engine::check::{Otherwise, RuleText, Surroundings, Violation};
use infra_engine::event::Event;
use infra_engine::live::{Ask, Fault, Kind, Live, Ordered, Registry, Retag, Rotation, Waits};
use infra_engine::model::{Definition, Document, Replacement, Schema, UnixTime};
use infra_engine::plan::Plan;

use crate::cloud::ModelCloud;
use crate::session::{Applied, Session};
use crate::weather::{Call, WRITE_OVER, Weather};

/// A session, and the weather over its cloud.
pub struct Ground {
    /// Who plans and applies.
    pub session: Session,
    /// What goes wrong.
    pub weather: Arc<Weather>,
}

impl Ground {
    /// Over a model cloud: the weather is between its kinds and the cloud, at every single call.
    pub fn model(cloud: &Arc<ModelCloud>) -> Ground {
        let mut session = Session::new(cloud.registry());
        session.locks = true;
        Ground { session, weather: Arc::clone(&cloud.weather) }
    }

    /// Over any registry: the weather is between the engine and the kinds, at every method of a kind.
    pub fn over(registry: Registry) -> Ground {
        Ground::quick(registry, Duration::MAX)
    }

    /// The same where nothing is slow: what has not come to rest by then never will, and nobody waits for it for long.
    pub fn quick(registry: Registry, patience: Duration) -> Ground {
        let weather: Arc<Weather> = Arc::default();
        let wrap = |kind| Arc::new(Weathered { kind, weather: Arc::clone(&weather), patience }) as Arc<dyn Kind>;
        Ground { session: Session::new(registry.map(wrap)), weather }
    }

    /// Plans, and sees that planning changed nothing.
    pub async fn plan(&self, law: &str, definitions: &[Definition]) -> Plan {
        self.weather.clear();
        let plan = self.session.plan(definitions).await;
        let plan = plan.unwrap_or_else(|refusal| panic!("{law}: there is no plan: {refusal:#?}"));
        assert_eq!(self.weather.changes(), [], "{law}: a plan changes nothing");
        plan
    }

    /// Applies, whole.
    pub async fn apply(&self, law: &str, definitions: &[Definition]) -> Applied {
        let applied = self.session.apply(definitions).await;
        let applied = applied.unwrap_or_else(|refusal| panic!("{law}: it was not applied: {refusal:#?}"));
        assert!(applied.outcome.is_complete(), "{law}: it was not applied whole: {}", self.troubles());
        applied
    }

    /// Plans, and sees that there is nothing to do. Gives what is live, as [`Ground::lives_of`] does.
    pub async fn settled(&self, law: &str, definitions: &[Definition]) -> Vec<Live> {
        self.weather.clear();
        let planned = self.session.plan_and_lives(definitions).await;
        let (plan, lives) = planned.unwrap_or_else(|refusal| panic!("{law}: there is no plan: {refusal:#?}"));
        assert_eq!(self.weather.changes(), [], "{law}: a plan changes nothing");
        assert!(plan.is_empty(), "{law}: there is something left to do: {:#?}", plan.changes);
        assert!(plan.steps.is_empty(), "{law}: an empty plan has no steps: {:#?}", plan.steps);
        assert_eq!(plan.stops, [], "{law}: nothing stands in the way");
        lives
    }

    /// Destroys everything, and sees that nothing is left.
    pub async fn clear(&self, law: &str, definitions: &[Definition]) {
        let destroyed = self.session.apply_with(definitions, &self.session.destroy()).await;
        let destroyed = destroyed.unwrap_or_else(|refusal| panic!("{law}: it was not destroyed: {refusal:#?}"));
        assert!(destroyed.outcome.is_complete(), "{law}: it was not destroyed whole: {}", self.troubles());
        let left = self.lives(law).await;
        assert!(left.is_empty(), "{law}: after destroy this is left: {left:#?}");
    }

    fn troubles(&self) -> String {
        format!("{:#?}", troubles(&self.session.heard()))
    }

    /// What is live of the kinds in use: the owner's, its children, and what these definitions share with others.
    pub async fn lives_of(&self, law: &str, definitions: &[Definition]) -> Vec<Live> {
        let lives = self.session.lives_of(definitions).await;
        lives.unwrap_or_else(|refusal| panic!("{law}: it cannot be read: {refusal:#?}"))
    }

    /// Everything that is live and the owner's, wherever it is.
    pub async fn lives(&self, law: &str) -> Vec<Live> {
        self.session.lives().await.unwrap_or_else(|refusal| panic!("{law}: it cannot be read: {refusal:#?}"))
    }
}

/// What did not go as it should, of all that was heard.
pub(super) fn troubles<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<&'a Event> {
    let is_trouble = |event: &&Event| {
        matches!(event, Event::StepFailed { .. } | Event::StepSkipped { .. } | Event::StepUnsettled { .. })
    };
    events.into_iter().filter(is_trouble).collect()
}

/// A kind under the weather.
pub struct Weathered {
    kind: Arc<dyn Kind>,
    weather: Arc<Weather>,
    patience: Duration,
}

impl Weathered {
    fn call(&self, verb: &str, subject: &str, changes: bool) -> Call {
        Call { operation: format!("{verb} {}", self.kind.schema().kind), subject: subject.to_owned(), changes }
    }
}

impl Kind for Weathered {
    fn schema(&self) -> &'static Schema {
        self.kind.schema()
    }

    fn waits(&self) -> Waits {
        let Waits { usual, create, update, delete } = self.kind.waits();
        let [create, update, delete] = [create, update, delete].map(|limit| limit.min(self.patience));
        Waits { usual, create, update, delete }
    }

    fn actions(&self) -> &'static [&'static str] {
        self.kind.actions()
    }

    fn rules(&self) -> Vec<RuleText> {
        self.kind.rules()
    }

    fn check(&self, document: &Document, around: &Surroundings<'_>) -> Vec<Violation> {
        self.kind.check(document, around)
    }

    fn barred(&self, live: &Document, wanted: &Document) -> Vec<(Otherwise, Violation)> {
        self.kind.barred(live, wanted)
    }

    fn canonical(&self, document: &Document) -> Document {
        self.kind.canonical(document)
    }

    fn replacement(&self, live: &Document, wanted: &Document) -> Replacement {
        self.kind.replacement(live, wanted)
    }

    fn moved_by(&self, field: &str, live: &Live, wanted: &Document) -> Option<&'static str> {
        self.kind.moved_by(field, live, wanted)
    }

    fn code_goes_first(&self) -> bool {
        self.kind.code_goes_first()
    }

    fn is_indexed(&self) -> bool {
        self.kind.is_indexed()
    }

    fn is_late(&self) -> bool {
        self.kind.is_late()
    }

    fn is_over(&self, wanted: &Document, now: UnixTime) -> bool {
        self.kind.is_over(wanted, now)
    }

    fn rotates(&self) -> Option<&'static str> {
        self.kind.rotates()
    }

    fn renews(&self) -> &'static [&'static str] {
        self.kind.renews()
    }

    fn holds_data(&self) -> bool {
        self.kind.holds_data()
    }

    fn keeps(&self) -> &'static [(&'static str, &'static str)] {
        self.kind.keeps()
    }

    fn has_second_name(&self) -> bool {
        self.kind.has_second_name()
    }

    fn writes_over(&self) -> bool {
        self.kind.writes_over()
    }

    fn held_by(&self) -> &'static [&'static str] {
        self.kind.held_by()
    }

    fn guarded_by(&self) -> Option<&'static str> {
        self.kind.guarded_by()
    }

    fn is_idempotent(&self) -> bool {
        self.kind.is_idempotent()
    }

    fn goes_by_itself(&self, live: &Live) -> bool {
        self.kind.goes_by_itself(live)
    }

    fn sends(&self) -> &'static [&'static str] {
        self.kind.sends()
    }

    fn cannot_rotate(&self, live: &Live) -> Option<String> {
        self.kind.cannot_rotate(live)
    }

    fn ends_former(&self, field: &str, live: &Live) -> bool {
        self.kind.ends_former(field, live)
    }

    fn rotate<'a>(&'a self, live: &'a Live, rotation: &'a Rotation) -> BoxFuture<'a, Result<(), Fault>> {
        self.weather.around(self.call("rotate", &live.id, true), self.kind.rotate(live, rotation)).boxed()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Vec<Live>, Fault>> {
        self.weather.around(self.call("read", "", false), self.kind.read(ask)).boxed()
    }

    fn create<'a>(&'a self, order: &'a Ordered) -> BoxFuture<'a, Result<String, Fault>> {
        self.weather.around(self.call("create", &order.address.to_string(), true), self.kind.create(order)).boxed()
    }

    fn update<'a>(&'a self, live: &'a Live, wanted: &'a Document) -> BoxFuture<'a, Result<(), Fault>> {
        self.weather.around(self.call("update", &live.id, true), self.kind.update(live, wanted)).boxed()
    }

    fn write_over<'a>(&'a self, live: &'a Live, wanted: &'a Document) -> BoxFuture<'a, Result<(), Fault>> {
        self.weather.around(self.call(WRITE_OVER, &live.id, true), self.kind.write_over(live, wanted)).boxed()
    }

    fn finish<'a>(&'a self, live: &'a Live) -> BoxFuture<'a, Result<(), Fault>> {
        self.weather.around(self.call("finish", &live.id, true), self.kind.finish(live)).boxed()
    }

    fn retag<'a>(&'a self, live: &'a Live, retag: &'a Retag) -> BoxFuture<'a, Result<(), Fault>> {
        self.weather.around(self.call("retag", &live.id, true), self.kind.retag(live, retag)).boxed()
    }

    fn delete<'a>(&'a self, live: &'a Live) -> BoxFuture<'a, Result<(), Fault>> {
        self.weather.around(self.call("delete", &live.id, true), self.kind.delete(live)).boxed()
    }
}
