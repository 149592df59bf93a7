//! The listener, its limits, and the one way through which every request goes.

use crate::{
    Backend, MetricsAccess, Settings, Tls, act, api,
    auth::Gatekeeper,
    body::BodyReader,
    heartbeat, ingest,
    integrations::{self, Doors, command, links, pagerduty, slack},
    measure::{REQUEST_SECONDS, REQUESTS},
    on_call, openapi, operations, page,
    problem::Problem,
    report, source, v2,
};
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use axum_server::{Handle, accept::NoDelayAcceptor, service::MakeService, tls_rustls::RustlsAcceptor};
use hyper_util::rt::TokioTimer;
use metrics::{counter, histogram};
use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

/// What every handler shares.
pub(crate) struct Context<B> {
    pub backend: Arc<B>,
    pub bodies: BodyReader,
    pub batch_alerts_max: usize,
    pub doors: Doors,
    pub started_at: bellwire_core::Instant,
}

/// A listener that is bound, and not yet served.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Port 0: one that is free; [`Server::address`] says which.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is done, and then until the requests under way are, or `shutdown_time_max` has passed.
    pub async fn serve<B: Backend>(
        self,
        tls: Option<Tls>,
        settings: &Settings,
        backend: Arc<B>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let handle = Handle::new();
        let mut server = axum_server::Server::<SocketAddr>::from_listener(self.listener).handle(handle.clone());
        server
            .http_builder()
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(settings.header_time_max)
            .max_buf_size(HEAD_BYTES_MAX);
        let connections = connections(router(settings, backend), settings.connections_max);
        let serving = async {
            match tls {
                None => server.acceptor(NoDelayAcceptor::new()).http1_only().serve(connections).await,
                Some(Tls(config)) => {
                    let acceptor = RustlsAcceptor::new(config).handshake_timeout(settings.header_time_max);
                    server.acceptor(acceptor.acceptor(NoDelayAcceptor::new())).http1_only().serve(connections).await
                }
            }
        };
        let mut serving = pin!(serving);
        tokio::select! {
            result = &mut serving => return result,
            () = shutdown => handle.graceful_shutdown(Some(settings.shutdown_time_max)),
        }
        serving.await
    }
}

/// Request line and headers; also what is read of a body at once.
const HEAD_BYTES_MAX: usize = 128 << 10;

/// A service for each connection, and no more connections than there are permits.
fn connections(router: Router, connections_max: usize) -> impl MakeService<SocketAddr, Request<hyper::body::Incoming>> {
    let permits = Arc::new(Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    tower::service_fn(move |_peer: SocketAddr| {
        let (router, permits) = (router.clone(), permits.clone());
        async move {
            // Never closed, so there is always a permit in the end.
            let permit = permits.acquire_owned().await.ok().map(Arc::new);
            Ok::<_, Infallible>(Connection { router, _permit: permit })
        }
    })
}

#[derive(Clone)]
struct Connection {
    router: Router,
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

impl<R> tower::Service<R> for Connection
where
    Router: tower::Service<R>,
{
    type Response = <Router as tower::Service<R>>::Response;
    type Error = <Router as tower::Service<R>>::Error;
    type Future = <Router as tower::Service<R>>::Future;

    fn poll_ready(&mut self, context: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.router.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        self.router.call(request)
    }
}

/// Every route, behind the guard. Public for tests that need no socket.
pub fn router<B: Backend>(settings: &Settings, backend: Arc<B>) -> Router {
    let guard = Guard {
        gatekeeper: Gatekeeper::new(settings),
        metrics_access: settings.metrics_access,
        request_time_max: settings.request_time_max,
    };
    let context = Context {
        started_at: backend.now(),
        backend,
        bodies: BodyReader::new(settings),
        batch_alerts_max: settings.batch_alerts_max,
        doors: Doors::new(settings),
    };
    Router::new()
        .route("/webhook/alertmanager", post(ingest::webhook::<B>))
        .route("/webhook/{source}", post(source::source::<B>))
        .route("/heartbeat/{team}/{name}", post(heartbeat::beat::<B>))
        .route("/heartbeat/{team}/{name}", get(heartbeat::beat_by_get::<B>))
        .route("/api/v2/alerts", post(ingest::alerts::<B>))
        .route("/api/v2/alerts", get(v2::alerts::list_alerts::<B>))
        .route("/api/v2/alerts/groups", get(v2::groups::list_groups::<B>))
        .route("/api/v2/silences", get(v2::silences::list_silences::<B>))
        .route("/api/v2/silences", post(v2::silences::set_silence::<B>))
        .route("/api/v2/silence/{id}", get(v2::silences::show_silence::<B>))
        .route("/api/v2/silence/{id}", delete(v2::silences::expire_silence::<B>))
        .route("/api/v2/receivers", get(v2::receivers::list_receivers::<B>))
        .route("/api/v2/status", get(v2::status::status::<B>))
        .route("/api/v1/incidents", get(api::list::<B>))
        .route("/api/v1/incidents/{id}", get(api::show::<B>))
        .route("/api/v1/incidents/{id}/acknowledge", post(act::acknowledge::<B>))
        .route("/api/v1/incidents/{id}/unacknowledge", post(act::unacknowledge::<B>))
        .route("/api/v1/incidents/{id}/snooze", post(act::snooze::<B>))
        .route("/api/v1/incidents/{id}/reassign", post(act::reassign::<B>))
        .route("/api/v1/incidents/{id}/escalate", post(act::escalate::<B>))
        .route("/api/v1/incidents/{id}/resolve", post(act::resolve::<B>))
        .route("/api/v1/oncall", get(on_call::on_call::<B>))
        .route("/api/v1/oncall/gaps", get(on_call::gaps::<B>))
        .route("/api/v1/oncall/{team}/{schedule}/stretches", get(on_call::stretches::<B>))
        .route("/api/v1/oncall/{team}/{schedule}/calendar.ics", get(on_call::calendar::calendar::<B>))
        .route("/api/v1/overrides", get(on_call::overrides::list_overrides::<B>))
        .route("/api/v1/overrides", post(on_call::overrides::add_override::<B>))
        .route("/api/v1/overrides/{team}/{id}", delete(on_call::overrides::remove_override::<B>))
        .route("/incidents", get(page::incidents::<B>))
        .route("/incidents/{id}", get(page::incident::<B>))
        .route("/slack/actions", post(slack::slack_actions::<B>))
        .route("/slack/command", post(command::slack_command::<B>))
        .route("/act/{token}", get(links::link_page::<B>))
        .route("/act/{token}", post(links::link_action::<B>))
        .route("/pagerduty/webhook", post(pagerduty::pagerduty_webhook::<B>))
        .route("/api/v1/report", get(report::report::<B>))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/-/healthy", get(operations::healthy))
        .route("/-/ready", get(operations::ready::<B>))
        .route("/-/reload", post(operations::reload::<B>))
        .route("/metrics", get(operations::metrics::<B>))
        .route("/", get(operations::pointer))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "there is nothing here; / says what there is"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not with this method; Allow says which")
        })
        .with_state(Arc::new(context))
        .layer(middleware::from_fn_with_state(Arc::new(guard), guarded))
}

struct Guard {
    gatekeeper: Gatekeeper,
    metrics_access: MetricsAccess,
    request_time_max: Duration,
}

/// Admits, limits in time, and measures.
async fn guarded(
    State(guard): State<Arc<Guard>>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let route = matched.map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let response = guard.answer(&route, request, next).await;
    let code = response.status().as_str().to_owned();
    counter!(REQUESTS, "route" => route.clone(), "code" => code).increment(1);
    histogram!(REQUEST_SECONDS, "route" => route).record(began.elapsed().as_secs_f64());
    response
}

impl Guard {
    async fn answer(&self, route: &str, mut request: Request, next: Next) -> Response {
        if !self.is_open(route) {
            match self.gatekeeper.admit(request.headers()) {
                Ok(caller) => drop(request.extensions_mut().insert(caller)),
                Err(_) => return self.gatekeeper.refusal(),
            }
        }
        match timeout(self.request_time_max, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::unavailable("the answer took too long; it may have been done", Duration::from_secs(1))
                .into_response(),
        }
    }

    fn is_open(&self, route: &str) -> bool {
        match route {
            "/-/healthy" | "/-/ready" => true,
            "/metrics" => self.metrics_access == MetricsAccess::Open,
            route => integrations::proves_itself(route),
        }
    }
}
