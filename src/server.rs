//! The whole program: everything put together, started and stopped.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{HttpServer, web};
use colloquy_agents::assessment::language::{Checker, Grammars, LanguageTool, Spelling};
use colloquy_agents::assessment::vocabulary::{BandList, BandListError};
use colloquy_agents::background::Niceness;
use colloquy_signaling::whip::{IceServer, IceServerError};
use prometheus_client::registry::Registry;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::accounts::key_ring::KeyRing;
use crate::accounts::signing_key::SigningKeyError;
use crate::accounts::token::Tokens;
use crate::accounts::{self, Accounts};
use crate::assessment::turns::AssessmentMetrics;
use crate::audio::{AudioStore, Voicing};
use crate::calls::Calls;
use crate::clock::Timestamp;
use crate::config::{Config, HttpConfig};
use crate::content::{Catalogue, Content, ContentError, Exercises, Feedback, Phonemes};
use crate::conversations::Conversations;
use crate::learning::leaderboards::Leaderboards;
use crate::learning::{Learning, achievements};
use crate::live::announcement::announcement;
use crate::live::engines::{Assessing, Engines, EnginesError};
use crate::live::load::recognition::Waits;
use crate::live::metrics::{EngineMetrics, LiveMetrics};
use crate::live::{self, Live};
use crate::oauth::AuthorizationServer;
use crate::presence::{Presence, PresenceError, PresenceMetrics};
use crate::rest::Services;
use crate::rest::application::application;
use crate::rest::health::Readiness;
use crate::rest::history::Kept;
use crate::rest::metrics::HttpMetrics;
use crate::rest::tls::{self, TlsError};
use crate::rest::websocket::WebSockets;
use crate::sessions::{SWEEP_EVERY, Sessions};
use crate::storage::spool::Spool;
use crate::storage::writer::{Writer, WriterMetrics};
use crate::storage::{Database, StorageError};
use crate::voice::Analyst;
use crate::webhooks::dispatch::Dispatcher;
use crate::webhooks::{Webhooks, sender::SenderError};

/// The program, not yet started.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// The program under way. Dropping it stops nothing; [`Running::stop`] does.
pub struct Running {
    /// Where HTTP is answered.
    pub http_addr: SocketAddr,
    /// Where the same is answered to clients of document 001, unless that is off.
    pub tutor_addr: Option<SocketAddr>,
    /// Events of live conversations go here.
    pub writer: Writer,
    /// What is kept.
    pub database: Database,
    /// Live calls.
    pub calls: Arc<dyn Calls>,
    /// The same, with what only a live call has.
    pub live: Live,
    /// What is shared with other nodes.
    pub presence: Presence,
    /// Sessions of document 002.
    pub sessions: Sessions,
    sweeper: JoinHandle<()>,
    dispatcher: Dispatcher,
    handle: ServerHandle,
    http: JoinHandle<io::Result<()>>,
    upkeep: JoinHandle<()>,
}

/// Why the program did not start: one line for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `DATA_DIR` can't be used.
    #[error("DATA_DIR: can't write to {dir}: {source}")]
    DataDir {
        /// The directory.
        dir: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// `AUDIO_DIR` can't be used.
    #[error("AUDIO_DIR: can't make {dir}: {source}")]
    AudioDir {
        /// The directory.
        dir: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// No key to sign tokens with.
    #[error("DATA_DIR: {0}")]
    SigningKey(#[from] SigningKeyError),
    /// The database can't be opened.
    #[error("DATABASE_URL: can't open the database: {0}")]
    Database(sqlx::Error),
    /// The database can't be written.
    #[error("DATABASE_URL: {0}")]
    Storage(#[from] StorageError),
    /// The scenarios can't be used.
    #[error("CONTENT_DIR: {0}")]
    Content(#[from] ContentError),
    /// The list of words can't be used.
    #[error("CEFR_WORDS: {0}")]
    Words(#[from] BandListError),
    /// Webhooks can't be sent.
    #[error(transparent)]
    Webhooks(#[from] SenderError),
    /// HTTPS can't be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Redis can't be used.
    #[error("REDIS_URL: {0}")]
    Presence(#[from] PresenceError),
    /// The achievements can't be used.
    #[error("CONTENT_DIR: {0}")]
    Achievements(#[from] achievements::CatalogueError),
    /// The engines can't be set up.
    #[error(transparent)]
    Engines(#[from] EnginesError),
    /// An ICE server is none.
    #[error("ICE_SERVERS: {0}")]
    IceServers(#[from] IceServerError),
    /// Live calls can't be held.
    #[error(transparent)]
    Live(#[from] live::StartError),
    /// Someone else listens there.
    #[error("PORT: {port} is in use on {host}; stop the other program, or set PORT to another port")]
    PortInUse {
        /// The address.
        host: String,
        /// The port.
        port: u16,
    },
    /// The same of the second port.
    #[error("TUTOR_PORT: {port} is in use on {host}; set TUTOR_PORT to another port, or to nothing to do without it")]
    TutorPortInUse {
        /// The address.
        host: String,
        /// The port.
        port: u16,
    },
    /// The address can't be listened on.
    #[error("HOST, PORT and TUTOR_PORT: can't listen on {host}:{port}: {source}")]
    Listen {
        /// The address.
        host: String,
        /// The port.
        port: u16,
        /// What went wrong.
        source: io::Error,
    },
}

/// How long calls may take to say goodbye, and the last events to be written.
const GOODBYE: Duration = Duration::from_secs(5);
/// How long the head of a request may take to arrive.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is kept for another request: for longer than the proxies in front of it keep theirs (a minute, mostly). What
/// they send just as it is closed is lost.
const IDLE: Duration = Duration::from_secs(75);

impl Server {
    /// Starts everything. Must be called inside an actix system.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let dir = config.data.dir.clone();
        let in_data_dir = |source| StartError::DataDir {
            dir: dir.clone(),
            source,
        };
        check_writable(&dir).map_err(in_data_dir)?;
        let key_dir = dir.clone();
        let keys = tokio::task::spawn_blocking(move || KeyRing::load_or_create(&key_dir))
            .await
            .map_err(|error| SigningKeyError::Generation(error.to_string()))??;
        let database = Database::open(config.data.database_url.expose())
            .await
            .map_err(StartError::Database)?;
        let tokens = Tokens::new(keys);
        let accounts = Accounts::new(database.clone(), tokens.clone());
        accounts.configure(&config.accounts, Timestamp::now()).await?;

        let mut registry = Registry::with_prefix("colloquy");
        let writer_metrics = Arc::new(WriterMetrics::default());
        writer_metrics.register(&mut registry);
        let http_metrics = HttpMetrics::register(&mut registry);
        let spool = Spool::open(&dir.join("spool")).map_err(in_data_dir)?;
        let (writer, _task) = Writer::start(Arc::new(database.clone()), spool, writer_metrics).map_err(in_data_dir)?;

        let catalogue = match &config.data.content_dir {
            Some(dir) => Catalogue::load(dir)?,
            None => Catalogue::built_in(),
        };
        let phonemes = Arc::new(match &config.data.content_dir {
            Some(dir) => Phonemes::load(dir)?,
            None => Phonemes::built_in(),
        });
        let exercises = Arc::new(match &config.data.content_dir {
            Some(dir) => Exercises::load(dir, &phonemes)?,
            None => Exercises::built_in(),
        });
        let feedback = Arc::new(match &config.data.content_dir {
            Some(dir) => Feedback::load(dir)?,
            None => Feedback::built_in(),
        });
        let mut readings = catalogue.readings();
        exercises.add_readings(&mut readings);
        phonemes.add_readings(&mut readings);
        let audio = AudioStore::open(&config.data.audio_dir).map_err(|source| StartError::AudioDir {
            dir: config.data.audio_dir.clone(),
            source,
        })?;
        let engine_metrics = Arc::new(EngineMetrics::register(&mut registry));
        let assessment_metrics = Arc::new(AssessmentMetrics::default());
        assessment_metrics.register(&mut registry);
        let assessing = Assessing {
            phonemes: Arc::clone(&phonemes),
            feedback,
            checker: checker(&config, &engine_metrics)?,
            public_url: config.http.public_url.clone(),
            metrics: assessment_metrics,
        };
        let live_metrics = Arc::new(LiveMetrics::default());
        live_metrics.register(&mut registry);
        let waits = Arc::new(Waits::new(live_metrics.recogniser_wait.clone()));
        let engines = Engines::start(&config.engines, readings, assessing, engine_metrics, waits).await?;
        let content: Arc<dyn Content> = Arc::new(catalogue);
        for line in announcement(&config.engines) {
            tracing::info!("{line}");
        }
        let readiness = readiness(&engines);
        let ice_servers = config
            .rtc
            .ice_servers
            .iter()
            .map(|entry| IceServer::parse(entry.expose()))
            .collect::<Result<Vec<_>, _>>()?;
        let voicing = Voicing::new(engines.tts.clone());
        let assessments = engines.assessments.clone();
        let analyst = Analyst::new(assessments.clone());
        let websockets = WebSockets::default();
        websockets.register(&mut registry);
        let live = Live::start(&config.rtc, engines, live_metrics).await?;
        let presence_metrics = PresenceMetrics::default();
        presence_metrics.register(&mut registry);
        let presence = Presence::start(&config.presence, presence_metrics).await?;
        let achievements = match &config.data.content_dir {
            Some(dir) => achievements::Catalogue::load(dir)?,
            None => achievements::Catalogue::built_in(),
        };
        let leaderboards = Leaderboards::new(database.clone(), presence.boards.clone());
        leaderboards.rebuild_meanwhile();
        let learning = Learning::new(database.clone(), achievements, leaderboards);
        let judging = assessments.clone();
        let conversations = Conversations::new(database.clone(), writer.clone(), content.clone(), learning, judging);
        live.attach(conversations.clone(), &presence);
        let webhooks = Webhooks::new(database.clone(), &config.webhooks);
        let dispatcher = webhooks.start(&mut registry)?;
        let calls: Arc<dyn Calls> = Arc::new(live.clone());
        let sessions = Sessions {
            database: database.clone(),
            conversations: conversations.clone(),
            content: content.clone(),
            live: live.clone(),
            voicing: voicing.clone(),
            audio: audio.clone(),
        };
        let sweeper = tokio::spawn(sweep(sessions.clone(), calls.clone()));
        let upkeep = accounts::upkeep::start(accounts.clone(), audio.clone(), dir.clone());
        let services = web::Data::new(Services {
            accounts,
            oauth: AuthorizationServer::new(database.clone(), tokens.clone()),
            tokens,
            public_url: config.http.public_url.clone(),
            conversations,
            histories: Kept::default(),
            calls: calls.clone(),
            live: live.clone(),
            ice_servers,
            content,
            exercises,
            phonemes,
            voicing,
            audio,
            sessions: sessions.clone(),
            analyst,
            assessments,
            websockets,
            streaming: config.streaming,
            page: config.page.clone(),
            database: database.clone(),
            presence: presence.clone(),
            http: config.http.clone(),
            webhooks: webhooks.clone(),
            readiness,
            registry: Arc::new(registry),
            http_metrics,
        });
        let (http_addr, tutor_addr, server) = listen(&config.http, services)?;
        let handle = server.handle();
        let http = tokio::spawn(server);
        if let Some(tutor_addr) = tutor_addr {
            tracing::info!(%tutor_addr, "answering on a second port");
        }
        tracing::info!(%http_addr, data_dir = %dir.display(), "ready");
        tracing::info!("open {}", config.http.page(http_addr));
        Ok(Running {
            http_addr,
            tutor_addr,
            writer,
            database,
            calls,
            live,
            sessions,
            sweeper,
            presence,
            dispatcher,
            handle,
            http,
            upkeep,
        })
    }
}

impl Running {
    /// Takes no more calls and requests, says goodbye to all peers, finishes what is under way, and writes the last
    /// events.
    pub async fn stop(self) {
        tracing::info!(calls = self.calls.active(), "stopping");
        if timeout(GOODBYE, self.calls.close()).await.is_err() {
            tracing::warn!("some calls were cut off");
        }
        self.upkeep.abort();
        self.sweeper.abort();
        self.handle.stop(true).await;
        if let Ok(Err(error)) = self.http.await {
            tracing::warn!(%error, "HTTP did not stop well");
        }
        self.dispatcher.stop().await;
        match timeout(GOODBYE, self.writer.flush()).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("the database is away; the last events wait in DATA_DIR"),
            Err(_) => tracing::error!("the last events could not be written in time"),
        }
        self.database.close().await;
        tracing::info!("stopped");
    }
}

/// Judges what is said and written: rules, the system's dictionaries, and a LanguageTool server that is configured.
fn checker(config: &Config, metrics: &Arc<EngineMetrics>) -> Result<Checker, StartError> {
    let grammars = match &config.data.content_dir {
        Some(dir) => Grammars::load(dir)?,
        None => Grammars::built_in(),
    };
    let spelling = Spelling::new(config.engines.dictionaries.clone());
    let mut checker = Checker::new(Arc::new(grammars)).with_spelling(spelling);
    if let Some(path) = &config.engines.band_list {
        checker = checker.with_bands(BandList::read(path)?);
    }
    Ok(match &config.engines.languagetool {
        Some(server) => {
            let languagetool = LanguageTool::new(server).map_err(EnginesError::from)?;
            checker.with_languagetool(languagetool.observed(metrics.clone()).metered(metrics.clone()))
        }
        None => checker,
    })
}

/// Where HTTP is answered, and where it is on the second port, if there is one.
type Listening = (SocketAddr, Option<SocketAddr>, actix_web::dev::Server);

fn listen(config: &HttpConfig, services: web::Data<Services>) -> Result<Listening, StartError> {
    let application = move || {
        // On each thread that answers requests, once for each port: the second time it changes nothing.
        Niceness::Awaited.give_way();
        application(services.clone())
    };
    let mut server = HttpServer::new(application)
        .disable_signals()
        .client_request_timeout(HEADERS_TIMEOUT)
        .keep_alive(IDLE)
        .shutdown_timeout(GOODBYE.as_secs());
    let host = config.host.as_str();
    let mut addresses = Vec::new();
    for (port, is_second) in [(Some(config.port), false), (config.tutor_port, true)] {
        let Some(port) = port else { continue };
        let refused = |source: io::Error| refused(host, port, is_second, source);
        let before = server.addrs().len();
        server = match &config.tls {
            Some(files) => server.bind_rustls_0_23((host, port), tls::load(files)?),
            None => server.bind((host, port)),
        }
        .map_err(refused)?;
        let address = server.addrs().get(before).copied();
        addresses.push(address.ok_or_else(|| refused(io::ErrorKind::AddrNotAvailable.into()))?);
    }
    Ok((addresses[0], addresses.get(1).copied(), server.run()))
}

fn refused(host: &str, port: u16, is_second: bool, source: io::Error) -> StartError {
    let host = host.to_owned();
    match (source.kind(), is_second) {
        (io::ErrorKind::AddrInUse, false) => StartError::PortInUse { host, port },
        (io::ErrorKind::AddrInUse, true) => StartError::TutorPortInUse { host, port },
        _ => StartError::Listen { host, port, source },
    }
}

/// Makes the directory when absent, and tries to write in it.
fn check_writable(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let probe = dir.join(".write-test");
    fs::write(&probe, [])?;
    fs::remove_file(&probe)
}

/// Closes sessions that are over, now and then.
async fn sweep(sessions: Sessions, calls: Arc<dyn Calls>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = sessions.sweep(calls.as_ref(), Timestamp::now()).await {
            tracing::warn!(%error, "sessions that are over can't be closed for now");
        }
    }
}

/// What the voices can do; says once for which languages there is none.
fn readiness(engines: &Engines) -> Readiness {
    let silent = engines.silent();
    if !silent.is_empty() {
        let languages = silent
            .iter()
            .map(|language| language.name())
            .collect::<Vec<_>>()
            .join(", ");
        if engines.is_voiced {
            tracing::info!(
                languages,
                "no voice for these languages: conversations in them are text only"
            );
        } else {
            tracing::warn!(
                languages,
                "no voice for these languages (espeak-ng is not installed): conversations in them are text only"
            );
        }
    }
    Readiness {
        can_speak: engines.is_voiced,
        chains: engines.chains.clone(),
    }
}
