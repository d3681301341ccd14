// What an AudioWorklet's global scope offers; TypeScript's library for pages leaves it out.
declare class AudioWorkletProcessor {
    readonly port: MessagePort;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
