/** Version of the engine, as in package.json: results of different engines are not mixed. A constant, so that nothing is read at start-up. */
export const ENGINE_VERSION = '0.1.0';
