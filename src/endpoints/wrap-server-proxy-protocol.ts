export function wrapServerProxyProtocol(endpoint: any, _o: any): any { return endpoint; }
