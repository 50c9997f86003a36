/**
 * Every kind of event in the model, and the phases that order events of the same instant.
 */

/** A client entry's next request arrives (open loop). Slot: client entry. */
export const ARRIVAL = 0;
/** A user has thought and sends the next request (closed loop). Slot: user. */
export const THOUGHT = 1;
/** A connection is open. Slot: connection. */
export const CONNECTED = 2;
/** Opening a connection has failed, and the caller knows. Slot: connection. */
export const CONNECT_FAILED = 3;
/** A request reaches its pod. Slot: exchange. */
export const REACHED = 4;
/** A request's own service is done. Slot: exchange. */
export const SERVED = 5;
/** The next job of a processor-sharing pod is done. Slot: pod. */
export const SHARE_DUE = 6;
/** The answer is back at the caller. Slot: exchange. */
export const ANSWERED = 7;
/** The caller's time-out. Slot: exchange. */
export const TIMED_OUT = 8;
/** A request has waited in a pod's queue as long as it may. Slot: exchange. */
export const QUEUE_TIMED_OUT = 9;
/** A connection may be idle for too long. Slot: connection. */
export const IDLE_CHECK = 10;
/** A connection has reached its greatest age. Slot: connection. */
export const AGED = 11;
/** The grace after the greatest age is over. Slot: connection. */
export const AGE_GRACE_OVER = 12;
/** A balancer asked for a tick. Slot: timer number. */
export const BALANCER_TIMER = 13;
/** An eager client opens its connections (again). Slot: pool. */
export const OPEN_EAGERLY = 14;
/** The caller learns that its connection is broken. Slot: connection. */
export const BROKEN = 15;
/** A request on a broken connection ends. Slot: exchange. */
export const LOST = 16;

/**
 * Phases: what comes first among events of one instant.
 *   CONTROL  the cluster changes before traffic of that instant meets it; the window opens and closes here too
 *   FREE     slots and connections become free before somebody asks for them, so that a request that arrives as another leaves finds the slot
 *   MOVE     packets arrive
 *   TIMER    an answer that comes at the very instant of a time-out is in time
 * New requests (ARRIVAL, THOUGHT) come last and meet the state that all else has left: the kernel keeps them apart.
 */
export const CONTROL = 0;
export const FREE = 1;
export const MOVE = 2;
export const TIMER = 3;
