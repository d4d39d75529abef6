//! A Redis for tests of several programs: `TEST_REDIS_URL`, or one of its own where it is installed.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use uuid::Uuid;

/// A Redis, or a part of one.
pub struct RedisServer {
    pub url: String,
    pub prefix: String,
    process: Option<(Child, TempDir)>,
}

impl RedisServer {
    /// `None` where there is none and none is installed.
    pub fn start() -> Option<Self> {
        let prefix = format!("test:{}:", Uuid::new_v4().simple());
        if let Ok(url) = std::env::var("TEST_REDIS_URL") {
            return Some(Self {
                url,
                prefix,
                process: None,
            });
        }
        let port = free_port();
        let dir = tempfile::tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Some(Self {
            url: format!("redis://127.0.0.1:{port}"),
            prefix,
            process: Some((process, dir)),
        })
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some((process, _)) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
