// What a page in a browser gives the documents' examples, and Debian's Node does not.
import { webcrypto } from 'node:crypto';
import WebSocket from 'ws';

globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
globalThis.WebSocket = WebSocket;
