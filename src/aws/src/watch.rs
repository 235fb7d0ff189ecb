//! What every call passes: it is counted, traced, and sent once only if it changes something.
//!
//! A changing call whose answer is lost may have been done; sent again, it would make a second network. So the SDK
//! never repeats one: whoever ordered it looks first. Reading calls are repeated by the SDK's own strategy.
//! And it is sent only while the lock is ours: the lease is asked here, and once more at the gate, after all waiting.

use std::sync::Arc;
use std::time::Instant;

use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextMut, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::calls::{Counter, is_read};
use crate::guard::Guard;

/// Watches the calls to one service.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) service: &'static str,
    pub(crate) counter: Arc<Counter>,
    pub(crate) guard: Guard,
}

#[derive(Debug)]
struct Begun(Instant);

impl Storable for Begun {
    type Storer = StoreReplace<Begun>;
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn modify_before_serialization(
        &self,
        _context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let changes = !is_read(operation(config));
        // What an interceptor stores lies over the client's configuration, and the strategy asks the topmost.
        if let Some(retry) = config.load::<RetryConfig>().filter(|_| changes).cloned() {
            config.interceptor_state().store_put(retry.with_max_attempts(1));
        }
        config.interceptor_state().store_put(Begun(Instant::now()));
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !is_read(operation(config)) {
            self.guard.may_change()?;
            context.request_mut().add_extension(self.guard.clone());
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.counter.add(self.service, operation(config));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let begun = config.load::<Begun>().map(|Begun(begun)| begun.elapsed().as_millis());
        tracing::debug!(
            service = self.service,
            operation = operation(config),
            milliseconds = begun.and_then(|begun| u64::try_from(begun).ok()),
            attempts = config.load::<RequestAttempts>().map_or(0, RequestAttempts::attempts),
            status = context.response().map(|response| response.status().as_u16()),
            succeeded = matches!(context.output_or_error(), Some(Ok(_))),
            "call"
        );
        Ok(())
    }
}

fn operation(config: &ConfigBag) -> &str {
    config.load::<Metadata>().map_or("", Metadata::name)
}
