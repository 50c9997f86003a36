/*
 * The benchmark's reference: the same simulation as evenkeel's workloads W1 to W4, written for them alone, in plain C.
 *
 * Open-loop Poisson arrivals, one client that chooses a pod per request, pods with a FIFO queue and 4 slots, exponential service,
 * utilisation 0.8. It carries out the same events (arrival, end of service) through a heap ordered by time and sequence, takes the same
 * steps (connection of the chosen pod, announced work, slot or queue), and records the same measures as src/measurement: histograms of every
 * duration, per pod and per time bin, time-weighted levels, both sides of Little's law, stickiness, the hash of the traffic.
 * What it leaves out is what makes a simulator general: any other policy, law, protocol, network or failure.
 *
 *   gcc -O3 -march=native -o reference reference.c -lm
 *   ./reference random|least|two PODS REQUESTS SEED     prints one JSON object; `cpu` is the CPU time of the loop in seconds
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLOTS = 4, LEVELS = 22, SUB_BITS = 7, BINS = 1 + 54 * (1 << SUB_BITS), COARSE_BITS = 4, COARSE_BINS = 1 + 54 * (1 << COARSE_BITS), SERIES = 240, NONE = -1 };
enum { ARRIVAL, SERVED };
static const double SERVICE_NS = 10e6, UTILISATION = 0.8;

static void *room(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) { fprintf(stderr, "out of memory\n"); exit(1); }
  return memory;
}

/* ---- chance: xoshiro128++, and -ln(u) by a table, as in src/random ---- */

typedef struct { uint32_t a, b, c, d; } Stream;

static uint32_t mix32(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

static Stream stream_of(uint32_t seed) { return (Stream){mix32(seed + 1), mix32(seed + 2), mix32(seed + 3), mix32(seed + 4) | 1}; }

static inline uint32_t bits(Stream *s) {
  uint32_t sum = s->a + s->d, result = ((sum << 7) | (sum >> 25)) + s->a, t = s->b << 9;
  s->c ^= s->a;
  s->d ^= s->b;
  s->b ^= s->c;
  s->a ^= s->d;
  s->c ^= t;
  s->d = (s->d << 11) | (s->d >> 21);
  return result;
}

static inline int32_t integer(Stream *s, int32_t count) { return (int32_t)(((uint64_t)bits(s) * (uint32_t)count) >> 32); }

static double inverse_centre[256], minus_log_centre[256];

static void fill_tables(void) {
  for (int i = 0; i < 256; i++) {
    inverse_centre[i] = i == 255 ? 1 : 1 / (0.5 + (i + 0.5) / 512);
    minus_log_centre[i] = log(inverse_centre[i]);
  }
}

static inline double negative_log_uniform(uint32_t n) {
  uint64_t twice = 2 * (uint64_t)n + 1; /* n + 1/2 in halves */
  int zeros = __builtin_clzll(twice) - 31;
  uint64_t top = twice << (zeros + 31);
  int bucket = (int)((top >> 55) & 255);
  double r = (double)(top >> 11) * 0x1p-53 * inverse_centre[bucket] - 1, square = r * r;
  return zeros * M_LN2 + minus_log_centre[bucket] - (r - square * (0.5 - r * (1.0 / 3) + square * (0.25 - r * 0.2)));
}

/* ---- measures ---- */

typedef struct {
  uint32_t counts[BINS];
  double sum, squares, max;
} Histogram;

static inline int exponent_bins(double x, int sub_bits) {
  uint64_t word;
  memcpy(&word, &x, 8);
  return (int)(word >> (52 - sub_bits)) - (1023 << sub_bits) + 1;
}

static inline void record(Histogram *h, int64_t nanoseconds) {
  if (nanoseconds < 1) { h->counts[0]++; return; }
  double x = (double)nanoseconds;
  h->counts[exponent_bins(x, SUB_BITS)]++;
  h->sum += x;
  h->squares += x * x;
  if (x > h->max) h->max = x;
}

static double percentile(const Histogram *h, double share, double count) {
  double seen = 0;
  for (int bin = 0; bin < BINS; bin++) {
    seen += h->counts[bin];
    if (seen >= share * count) return bin == 0 ? 0 : ldexp(1 + ((bin - 1) % 128 + 0.5) / 128, (bin - 1) / 128);
  }
  return INFINITY;
}

/* ---- the tables ---- */

typedef struct {
  int64_t intended, sent, reached, started, served, responded, demand;
  int32_t pod, connection, prev, next, number, state;
} Request;

typedef struct {
  int32_t in_system, busy, waiting, head, tail, peak, streams;
  int64_t since, work;
  double area, area_squared, busy_area, sojourn, held, levels[LEVELS];
  double requests, group_requests;
  Histogram duration;
} Pod;

typedef struct { int64_t time; uint64_t order; int32_t kind, slot; } Event;

static Request *requests;
static int32_t *free_slots, free_count, capacity;
static Pod *pods;
static int32_t pod_count;

static Event *heap;
static int32_t heap_count, heap_room;
static int is_hole; /* the event being carried out is still at the root: the next push replaces it */
static uint64_t sequence;
static int64_t now;

/* the O(1) structure of join-shortest-queue: pods sorted by load, with the border of each level */
static int32_t *by_load, *rank_of, *load_of, *border, levels_kept;

/* ---- the heap ---- */

static inline int before(const Event *a, const Event *b) { return a->time < b->time || (a->time == b->time && a->order < b->order); }

static void sift_down(Event event) {
  int32_t at = 0, child = 1;
  while (child < heap_count) {
    if (child + 1 < heap_count) child += before(&heap[child + 1], &heap[child]);
    if (before(&event, &heap[child])) break;
    heap[at] = heap[child];
    at = child;
    child = 2 * at + 1;
  }
  heap[at] = event;
}

static void schedule(int64_t time, int32_t kind, int32_t slot) {
  Event event = {time, sequence++, kind, slot};
  if (is_hole) {
    is_hole = 0;
    sift_down(event);
    return;
  }
  if (heap_count == heap_room) heap = realloc(heap, (heap_room *= 2) * sizeof(Event));
  int32_t at = heap_count++;
  while (at > 0 && before(&event, &heap[(at - 1) / 2])) {
    heap[at] = heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap[at] = event;
}

static void close_hole(void) {
  if (!is_hole) return;
  is_hole = 0;
  if (--heap_count > 0) sift_down(heap[heap_count]);
}

/* ---- the policies ---- */

static void swap_to(int32_t pod, int32_t target) {
  int32_t rank = rank_of[pod], other = by_load[target];
  by_load[rank] = other;
  rank_of[other] = rank;
  by_load[target] = pod;
  rank_of[pod] = target;
}

static void load_up(int32_t pod) {
  int32_t level = load_of[pod]++;
  if (level + 2 >= levels_kept) {
    border = realloc(border, 2 * levels_kept * sizeof(int32_t));
    for (int i = levels_kept; i < 2 * levels_kept; i++) border[i] = pod_count;
    levels_kept *= 2;
  }
  swap_to(pod, --border[level + 1]);
}

static void load_down(int32_t pod) { swap_to(pod, border[load_of[pod]--]++); }

static inline int32_t pick(char policy, Stream *chance) {
  if (policy == 'r') return integer(chance, pod_count);
  if (policy == 'l') {
    int32_t tied = border[load_of[by_load[0]] + 1];
    return by_load[tied == 1 ? 0 : integer(chance, tied)];
  }
  int32_t first = integer(chance, pod_count), second = integer(chance, pod_count - 1);
  second += second >= first;
  return load_of[second] < load_of[first] ? second : first;
}

/* ---- the life of a request ---- */

static inline void hold(Pod *pod) {
  int64_t elapsed = now - pod->since;
  if (elapsed <= 0) return;
  pod->since = now;
  double area = (double)pod->in_system * (double)elapsed;
  pod->area += area;
  pod->area_squared += pod->in_system * area;
  pod->busy_area += (double)pod->busy * (double)elapsed;
  pod->levels[pod->in_system < LEVELS - 1 ? pod->in_system : LEVELS - 1] += (double)elapsed;
}

static inline void start(Request *request, int32_t slot, Pod *pod) {
  pod->busy++;
  request->started = now;
  schedule(now + request->demand, SERVED, slot);
}

static int32_t take_slot(void) {
  if (free_count == 0) {
    requests = realloc(requests, 2 * capacity * sizeof(Request));
    free_slots = realloc(free_slots, 2 * capacity * sizeof(int32_t));
    for (int32_t slot = 2 * capacity - 1; slot >= capacity; slot--) free_slots[free_count++] = slot;
    capacity *= 2;
  }
  return free_slots[--free_count];
}

int main(int argc, char **argv) {
  if (argc != 5 || strchr("rlt", argv[1][0]) == NULL) {
    fprintf(stderr, "usage: reference random|least|two PODS REQUESTS SEED\n");
    return 2;
  }
  const char policy = argv[1][0];
  pod_count = atoi(argv[2]);
  const int64_t total = atoll(argv[3]);
  const uint32_t seed = (uint32_t)atoi(argv[4]);
  Stream arrivals = stream_of(mix32(seed)), demands = stream_of(mix32(seed ^ 0x51ed27u)), chance = stream_of(mix32(seed ^ 0xc0ffeeu));
  fill_tables();

  capacity = 1024;
  requests = room(capacity, sizeof(Request));
  free_slots = room(capacity, sizeof(int32_t));
  for (int32_t slot = capacity - 1; slot >= 0; slot--) free_slots[free_count++] = slot;
  pods = room(pod_count, sizeof(Pod));
  by_load = room(pod_count, sizeof(int32_t));
  rank_of = room(pod_count, sizeof(int32_t));
  load_of = room(pod_count, sizeof(int32_t));
  levels_kept = 16;
  border = room(levels_kept, sizeof(int32_t));
  for (int i = 0; i < levels_kept; i++) border[i] = i == 0 ? 0 : pod_count;
  for (int32_t i = 0; i < pod_count; i++) {
    pods[i].head = pods[i].tail = NONE;
    by_load[i] = rank_of[i] = i;
  }
  heap_room = 1024;
  heap = room(heap_room, sizeof(Event));

  const double step = SERVICE_NS / (UTILISATION * SLOTS * pod_count); /* mean time between arrivals [ns] */
  const int64_t bin_ns = (int64_t)(step * (double)total / 200) + 1;
  double *offered = room(SERIES, sizeof(double)), *pod_series = room((size_t)pod_count * SERIES, sizeof(double));
  uint32_t *coarse = room((size_t)SERIES * COARSE_BINS, sizeof(uint32_t)), *met = room(pod_count / 32 + 1, sizeof(uint32_t)), traffic = 0;
  Histogram *request_duration = room(1, sizeof(Histogram)), *client_wait = room(1, sizeof(Histogram)), *connect = room(1, sizeof(Histogram)),
            *network = room(1, sizeof(Histogram)), *queue_wait = room(1, sizeof(Histogram)), *service = room(1, sizeof(Histogram)), *calls = room(1, sizeof(Histogram));
  int64_t begun = 0, ended = 0, pairs = 0, same = 0, attempts = 0, attempts_ended = 0, events = 0;
  int32_t last_pod = NONE;
  double point = negative_log_uniform(bits(&arrivals));

  struct timespec from, to;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  schedule((int64_t)(point * step + 0.5), ARRIVAL, 0);
  while (heap_count > 0) {
    const Event event = heap[0];
    is_hole = 1;
    now = event.time;
    events++;
    if (event.kind == ARRIVAL) {
      point += negative_log_uniform(bits(&arrivals));
      if (begun + 1 < total) schedule((int64_t)(point * step + 0.5), ARRIVAL, 0);
      const int32_t slot = take_slot(), number = (int32_t)begun++;
      Request *request = &requests[slot];
      const uint32_t demand_bits = bits(&demands);
      request->intended = request->sent = request->reached = now;
      request->number = number;
      traffic = (traffic ^ (uint32_t)now) * 0x85ebca6bu;
      traffic = (traffic ^ (traffic >> 15)) * 0xc2b2ae35u;
      traffic = ((traffic ^ (traffic >> 13)) + demand_bits) * 0x27d4eb2fu;
      int64_t bin = now / bin_ns;
      if (bin >= SERIES) bin = SERIES - 1;
      offered[bin]++;
      attempts++;

      const int32_t at = pick(policy, &chance);
      Pod *pod = &pods[at];
      request->pod = at;
      request->demand = (int64_t)(SERVICE_NS * negative_log_uniform(~demand_bits) + 0.5);
      pod->work += request->demand;
      if (policy == 'l') load_up(at);
      else if (policy == 't') load_of[at]++;
      request->connection = at;
      pod->streams++;

      pod->requests++;
      pod_series[(size_t)at * SERIES + bin]++;
      pod->group_requests++;
      met[at >> 5] |= 1u << (at & 31);
      if (last_pod != NONE) {
        pairs++;
        same += last_pod == at;
      }
      last_pod = at;
      hold(pod);
      if (++pod->in_system > pod->peak) pod->peak = pod->in_system;
      if (pod->busy < SLOTS) {
        start(request, slot, pod);
      } else {
        request->prev = pod->tail;
        request->next = NONE;
        if (pod->tail == NONE) pod->head = slot;
        else requests[pod->tail].next = slot;
        pod->tail = slot;
        pod->waiting++;
      }
    } else {
      Request *request = &requests[event.slot];
      Pod *pod = &pods[request->pod];
      request->served = request->responded = now;
      pod->work -= request->demand;
      hold(pod);
      pod->in_system--;
      pod->sojourn += (double)(now - request->reached);
      pod->held += (double)(now - request->started);
      pod->busy--;
      const int32_t next = pod->head;
      if (next != NONE) {
        pod->head = requests[next].next;
        if (pod->head == NONE) pod->tail = NONE;
        else requests[pod->head].prev = NONE;
        pod->waiting--;
        start(&requests[next], next, pod);
      }
      record(&pod->duration, now - request->sent);
      if (policy == 'l') load_down(request->pod);
      else if (policy == 't') load_of[request->pod]--;
      const int64_t duration = now - request->intended;
      int64_t bin = request->intended / bin_ns;
      if (bin >= SERIES) bin = SERIES - 1;
      coarse[bin * COARSE_BINS + (duration < 1 ? 0 : exponent_bins((double)duration, COARSE_BITS))]++;
      record(request_duration, duration);
      record(client_wait, request->sent - request->intended);
      record(connect, 0);
      record(queue_wait, request->started - request->reached);
      record(network, request->reached - request->sent + (now - request->responded));
      record(service, request->served - request->started);
      record(calls, request->responded - request->served);
      ended++;
      attempts_ended++;
      pod->streams--;
      free_slots[free_count++] = event.slot;
    }
    close_hole();
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

  double busy = 0, area = 0, sojourn = 0, busiest = 0;
  for (int32_t i = 0; i < pod_count; i++) {
    busy += pods[i].busy_area;
    area += pods[i].area;
    sojourn += pods[i].sojourn;
    if (pods[i].requests > busiest) busiest = pods[i].requests;
  }
  printf("{\"cpu\":%.6f,\"requests\":%lld,\"events\":%lld,\"mean\":%.9g,\"p99\":%.9g,\"wait\":%.9g,\"utilization\":%.6f,\"little\":%.3g,\"busiestShare\":%.6f,\"samePod\":%.6f,\"trafficHash\":%u}\n",
         (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9, (long long)ended, (long long)events, request_duration->sum / 1e9 / (double)ended,
         percentile(request_duration, 0.99, (double)ended) / 1e9, queue_wait->sum / 1e9 / (double)ended, busy / ((double)now * SLOTS * pod_count), (area - sojourn) / area,
         busiest / (double)ended, pairs > 0 ? (double)same / (double)pairs : 0, traffic ^ (uint32_t)(attempts + attempts_ended + calls->counts[0] + connect->counts[0]));
  return 0;
}
