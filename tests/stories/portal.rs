//! A captive portal: a line on which everything answers, only not the station.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    samples::{self, assert_opened},
    support::story,
};

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 27\r\nConnection: close\r\n\r\n\
    <h1>Please log in here</h1>";

#[tokio::test]
async fn a_captive_portal_is_not_taken_for_the_station() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let portal = Portal::open(&world.station.origin());
        let sample = samples::patrol();
        sample.record(phone).await;
        phone.sync_becomes("离线,1 条已存在本机").await;
        phone.press("待上传").await;
        phone.sees("上网认证").await;
        phone.reload().await;
        phone.heading_becomes("待上传").await;
        phone.sees("上网认证").await;
        portal.close();
        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

/// Answers everything at the station's address with a page of its own.
struct Portal {
    open: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Portal {
    fn open(origin: &str) -> Self {
        let listener = TcpListener::bind(origin.trim_start_matches("http://")).expect("the address is free");
        listener.set_nonblocking(true).expect("a listener can be asked without waiting");
        let open = Arc::new(AtomicBool::new(true));
        let still = open.clone();
        let answer = move || {
            while still.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((mut stream, _)) => {
                        // What is asked does not matter. A browser that hangs up early is no fault.
                        let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
                        let _ = stream.read(&mut [0; 4096]);
                        let _ = stream.write_all(PAGE.as_bytes());
                    }
                    Err(_) => thread::sleep(Duration::from_millis(10)),
                }
            }
        };
        Self { open, thread: thread::spawn(answer) }
    }

    fn close(self) {
        self.open.store(false, Ordering::Relaxed);
        self.thread.join().expect("the portal does not panic");
    }
}
