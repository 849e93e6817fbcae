#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| winlast_torture::fuzz("images", data));
